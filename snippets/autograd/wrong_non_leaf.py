"""A module whose parameter is lost by a cast."""

import torch
from torch import nn


# --8<-- [start:scale_cast_too_late]
class ScaleCastTooLate(nn.Module):
    """Multiply by a weight that is no parameter where it was
    cast."""


    def __init__(self, features: int,
                 dtype: torch.dtype) -> None:
        """Hold the result of a cast, a plain tensor."""
        super().__init__()
        self.weight = nn.Parameter(
            torch.ones(features)).to(dtype)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x (..., features) times the weight."""
        return x * self.weight
# --8<-- [end:scale_cast_too_late]
