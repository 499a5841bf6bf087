"""What the exercise starts from."""

import torch
from torch import nn


# --8<-- [start:standardize]
class Standardize(nn.Module):
    """Subtract a mean from `x` (..., D), divide by a
    deviation."""


    def __init__(self, mean: torch.Tensor,
                 std: torch.Tensor) -> None:
        """Hold `mean` and `std`, both (D,), as what moves and
        is saved."""
        super().__init__()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (..., D) for `x` (..., D)."""
        raise NotImplementedError(
            "hold mean and std, and use them")
# --8<-- [end:standardize]
