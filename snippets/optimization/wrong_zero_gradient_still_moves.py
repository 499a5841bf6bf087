"""Rows that a mask on the gradient is meant to freeze."""

import torch
from torch import nn


# --8<-- [start:mask_gradient_rows]
def mask_gradient_rows(weight: nn.Parameter,
                       frozen: list[int]) -> None:
    """Zero the gradient of rows, which weight decay still
    moves."""
    def mask(grad: torch.Tensor) -> torch.Tensor:
        grad = grad.clone()
        grad[frozen] = 0
        return grad

    weight.register_hook(mask)
# --8<-- [end:mask_gradient_rows]
