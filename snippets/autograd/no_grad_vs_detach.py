"""Freezing a layer that gradients still pass, and checks of both."""

from collections.abc import Callable

import torch
from torch import nn

from snippets.guards.judge import Undecided, on_copies


# --8<-- [start:gradients_reach]
def gradients_reach(
        way: Callable[[nn.Module, torch.Tensor], torch.Tensor],
) -> tuple[bool, bool]:
    """Run `way(layer, x)` on a linear layer and on a computed
    x (1, 2).

    Tell whether gradients reach the layer, and what is before
    it.
    """
    with torch.inference_mode(False), torch.enable_grad():
        layer, before = nn.Linear(2, 2), torch.ones(1, 2)
        x = before.requires_grad_() * 2
        output = way(layer, x).sum()
        if output.requires_grad:
            output.backward()
    return layer.weight.grad is not None, before.grad is not None
# --8<-- [end:gradients_reach]


# --8<-- [start:through_frozen]
def through_frozen(frozen: nn.Module,
                   x: torch.Tensor) -> torch.Tensor:
    """Return `frozen(x)`; gradients pass through it, but not
    into it.

    The parameters of `frozen` require no gradient afterwards
    either.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.requires_grad_
    """
    output: torch.Tensor = frozen.requires_grad_(False)(x)
    return output
# --8<-- [end:through_frozen]


# --8<-- [start:assert_gradient_passes]
def assert_gradient_passes(
        f: Callable[[torch.Tensor], torch.Tensor],
        x: torch.Tensor) -> None:
    """Differentiate a random weighted sum of `f(x)` by `x`.

    Modules in `f` are called as copies, under a forked random
    state. `f` is given a copy of `x`, so it may write in
    place. An in-place write under `no_grad` is not recorded,
    so it lets a gradient pass.

    Raises:
        AssertionError: no gradient reaches `x`.
        Undecided: the gradient is 0 at this `x`, or on meta.
        RuntimeError: `x` is of a dtype that has no gradient.
    """
    devices = range(torch.cuda.device_count())
    with (on_copies(), torch.random.fork_rng(devices),
          torch.inference_mode(False), torch.enable_grad()):
        x = x.detach().clone().requires_grad_()
        y, found = f(x.clone()), None
        if y.grad_fn is not None:
            found, = torch.autograd.grad(
                y, x, torch.randn_like(y), allow_unused=True)
    if found is None:
        raise AssertionError(
            "no gradient reaches the input:"
            " no_grad, detach or item inside?")
    if found.is_meta or not found.any():
        raise Undecided(
            "the gradient is 0 at this x, or on meta")
# --8<-- [end:assert_gradient_passes]
