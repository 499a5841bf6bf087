"""A checkpointed block that does not train."""

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint


# --8<-- [start:reentrant_first_block]
class ReentrantFirstBlock(nn.Module):
    """Checkpoint the first block, whose input needs no
    gradient."""

    def __init__(self) -> None:
        """Make a block that is recomputed, and a head."""
        super().__init__()
        self.block = nn.Linear(2, 2)
        self.head = nn.Linear(2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, 1) for x (N, 2)."""
        y: torch.Tensor = self.head(checkpoint(self.block, x))
        return y
# --8<-- [end:reentrant_first_block]
