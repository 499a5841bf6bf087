"""Backwards that a careless gradcheck lets pass."""

from typing import Any

import torch


# --8<-- [start:product_without_weight]
class ProductWithoutWeight(torch.autograd.Function):
    """x * w, whose backward forgets the gradient of w."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor,
                w: torch.Tensor) -> torch.Tensor:
        """Return x * w."""
        ctx.save_for_backward(w)
        return x * w

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> Any:
        """Return the gradient of x alone."""
        w, = ctx.saved_tensors
        return grad * w, None
# --8<-- [end:product_without_weight]


# --8<-- [start:cube_once]
class CubeOnce(torch.autograd.Function):
    """x ** 3, whose backward cannot be differentiated
    again."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        """Return x ** 3."""
        ctx.save_for_backward(x)
        return x ** 3

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> Any:
        """Return a gradient that is cut from x."""
        x, = ctx.saved_tensors
        return grad * (3 * x ** 2).detach()
# --8<-- [end:cube_once]
