"""Functions that are undefined somewhere, with finite gradients."""

from collections.abc import Callable

import torch


# --8<-- [start:gradient]
def gradient(f: Callable[[torch.Tensor], torch.Tensor],
             x: torch.Tensor) -> torch.Tensor:
    """Return the gradient of `f(x).sum()` at `x`, in its
    shape.

    `f` is given a copy of `x`, so it may write in place.

    Raises: RuntimeError where `x` is neither floating nor
        complex, or `f(x)` is complex or has no graph.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad.html

    >>> gradient(torch.square, torch.tensor([1.0, 3.0]))
    tensor([2., 6.])
    """
    x = x.detach().requires_grad_()
    return torch.autograd.grad(f(x.clone()).sum(), x)[0]
# --8<-- [end:gradient]


# --8<-- [start:apply_where]
def apply_where(condition: torch.Tensor,
                f: Callable[[torch.Tensor], torch.Tensor],
                x: torch.Tensor, safe: float,
                other: float) -> torch.Tensor:
    """Return `f(x)` where `condition` holds, `other`
    elsewhere.

    `f` works element by element and never sees an element of
    `x` that is left out: it is given `safe` there, and no
    gradient flows.

    Source: https://github.com/pytorch/pytorch/issues/68425
    """
    y = f(torch.where(condition, x, safe))
    return torch.where(condition, y, other)
# --8<-- [end:apply_where]
