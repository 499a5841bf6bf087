"""A model with a plain attribute, for `torch.save` of the whole model."""

import torch
from torch import nn


# --8<-- [start:scale]
class Scale(nn.Module):
    """Multiply an input of any shape by `self.by`, which is 2."""

    def __init__(self) -> None:
        """Set `by`, a plain attribute."""
        super().__init__()
        self.by = 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return `x * self.by`, in the shape of x."""
        return x * self.by
# --8<-- [end:scale]
