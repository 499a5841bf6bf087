"""Freezing a layer that gradients still pass, and checks of both."""

from collections.abc import Callable

import torch
from torch import nn


# --8<-- [start:gradients_reach]
def gradients_reach(
        way: Callable[[nn.Module, torch.Tensor], torch.Tensor],
) -> tuple[bool, bool]:
    """Run `way(layer, x)` on a linear layer and on a computed x (1, 2).

    Tell whether gradients reach the layer, and what is before it.
    """
    layer, before = nn.Linear(2, 2), torch.ones(1, 2)
    x = before.requires_grad_() * 2
    output = way(layer, x)
    if output.requires_grad:
        output.sum().backward()
    return layer.weight.grad is not None, before.grad is not None
# --8<-- [end:gradients_reach]


# --8<-- [start:through_frozen]
def through_frozen(frozen: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Return `frozen(x)`; gradients pass through it, but not into it.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.requires_grad_
    """
    output: torch.Tensor = frozen.requires_grad_(False)(x)
    return output
# --8<-- [end:through_frozen]


# --8<-- [start:assert_gradient_passes]
def assert_gradient_passes(
        f: Callable[[torch.Tensor], torch.Tensor],
        x: torch.Tensor) -> None:
    """Differentiate `f(x).sum()` by `x`, floating and of any shape.

    Raises: AssertionError where no gradient, or only 0, arrives.
    """
    x = x.detach().requires_grad_()
    y = f(x)
    if y.requires_grad:
        y.sum().backward()
    if x.grad is None:
        raise AssertionError("no gradient reaches the input:"
                             " no_grad, detach or item inside?")
    if not x.grad.any():
        raise AssertionError("the gradient at the input is 0")
# --8<-- [end:assert_gradient_passes]
