"""A model with a plain attribute, for `torch.save` of the whole model."""

import torch
from torch import nn


# --8<-- [start:scale]
class Scale(nn.Module):
    """Multiply an input of any shape by `self.by`, which is 2."""

    def __init__(self) -> None:
        super().__init__()
        self.by = 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.by
# --8<-- [end:scale]
