"""Functions that are undefined somewhere, with finite gradients."""

from collections.abc import Callable

import torch

from snippets.guards.judge import Undecided, on_copies


# --8<-- [start:gradient]
def gradient(f: Callable[[torch.Tensor], torch.Tensor],
             x: torch.Tensor) -> torch.Tensor:
    """Return the gradient of `f(x).sum()` at `x`, in its shape.

    `f` is given a copy of `x`, so it may write in place.

    Raises: RuntimeError where `x` is neither floating nor complex,
        or `f(x)` is complex or has no graph.

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
    """Differentiate `f(x)` at a finite `x` of any shape.

    Modules in `f` are called as copies, under a forked random state.
    `f` is given a copy of `x`, so it may write in place.

    Raises:
        AssertionError: an output or a gradient is nan or inf.
        Undecided: `x` holds nan, inf or no element, `f(x)` holds no
            element, or no gradient reaches `x` (one of 0 does).
        RuntimeError: `x` is neither floating nor complex, or on meta.
    """
    if not x.numel() or not x.isfinite().all():
        raise Undecided("x holds nan, inf or no element")
    devices = range(torch.cuda.device_count())
    with (on_copies(), torch.random.fork_rng(devices),
          torch.inference_mode(False), torch.enable_grad()):
        x = x.detach().clone().requires_grad_()
        y = f(x.clone())
        if not y.numel():
            raise Undecided("the output holds no element")
        if not y.isfinite().all():
            raise AssertionError("the output is nan or inf")
        if not y.requires_grad:
            raise Undecided("no gradient reaches x")
        found, = torch.autograd.grad(
            y, x, torch.ones_like(y), allow_unused=True)
    if found is None:
        raise Undecided("no gradient reaches x")
    bad = (~found.isfinite()).sum().item()
    if bad:
        raise AssertionError(
            "finite output, but the gradient is nan or inf"
            f" at {bad} of {x.numel()} elements")
# --8<-- [end:assert_finite_gradient]
