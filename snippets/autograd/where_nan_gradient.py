"""Functions that are undefined somewhere, with finite gradients."""

from collections.abc import Callable

import torch


# --8<-- [start:gradient]
def gradient(f: Callable[[torch.Tensor], torch.Tensor],
             x: torch.Tensor) -> torch.Tensor:
    """Return the gradient of `f(x).sum()` at `x`, in its shape.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad.html

    >>> gradient(torch.square, torch.tensor([1.0, 3.0]))
    tensor([2., 6.])
    """
    x = x.detach().requires_grad_()
    return torch.autograd.grad(f(x).sum(), x)[0]
# --8<-- [end:gradient]


# --8<-- [start:apply_where]
def apply_where(condition: torch.Tensor,
                f: Callable[[torch.Tensor], torch.Tensor],
                x: torch.Tensor, safe: float,
                other: float) -> torch.Tensor:
    """Return `f(x)` where `condition` holds, `other` elsewhere.

    `f` works element by element and never sees an element of `x` that
    is left out: it is given `safe` there, and no gradient flows.

    Source: https://github.com/pytorch/pytorch/issues/68425
    """
    y = f(torch.where(condition, x, safe))
    return torch.where(condition, y, other)
# --8<-- [end:apply_where]


# --8<-- [start:assert_finite_gradient]
def assert_finite_gradient(
        f: Callable[[torch.Tensor], torch.Tensor],
        x: torch.Tensor) -> None:
    """Differentiate `f(x).sum()` at `x`, of any shape.

    Raises: AssertionError unless all outputs and gradients are finite.
    """
    x = x.detach().requires_grad_()
    y = f(x)
    if not y.isfinite().all():
        raise AssertionError("the output is nan or inf")
    gradient, = torch.autograd.grad(y.sum(), x)
    bad = (~gradient.isfinite()).sum().item()
    if bad:
        raise AssertionError(
            "finite output, but the gradient is nan or inf"
            f" at {bad} of {x.numel()} elements")
# --8<-- [end:assert_finite_gradient]
