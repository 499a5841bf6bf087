"""Layers in a ModuleList."""

import torch
from torch import nn


# --8<-- [start:blocks]
class Blocks(nn.Module):
    """Run layers of one width, one after the other, then a
    last one.

    Raises: RuntimeError where x is of another dtype than the
        weights, without autocast and not on meta.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ModuleList.html

    >>> len(list(Blocks(features=4, depth=2).parameters()))
    6
    """

    def __init__(self, features: int, depth: int) -> None:
        """Hold `depth` layers, each with weights of its
        own."""
        super().__init__()
        self.blocks = nn.ModuleList(
            nn.Linear(features, features)
            for _ in range(depth))
        self.head = nn.Linear(features, features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (..., features) for x (..., features)."""
        for block in self.blocks:
            x = x + block(x).tanh()
        out: torch.Tensor = self.head(x)
        return out
# --8<-- [end:blocks]
