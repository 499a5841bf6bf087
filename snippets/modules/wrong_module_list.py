"""Layers in a Python list, of which their module does not know."""

import torch
from torch import nn


# --8<-- [start:blocks_in_a_list]
class BlocksInAList(nn.Module):
    """Run layers neither trained nor saved, then a last
    one."""

    def __init__(self, features: int, depth: int) -> None:
        """Hold `depth` layers where nothing looks for them."""
        super().__init__()
        self.blocks = [
            nn.Linear(features, features)
            for _ in range(depth)]
        self.head = nn.Linear(features, features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (..., features) for x (..., features)."""
        for block in self.blocks:
            x = x + block(x).tanh()
        out: torch.Tensor = self.head(x)
        return out
# --8<-- [end:blocks_in_a_list]
