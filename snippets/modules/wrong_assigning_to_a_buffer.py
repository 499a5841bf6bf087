"""Buffers that are not: assigned wrongly, or registered too early."""

import torch
from torch import nn


# --8<-- [start:table_that_trains]
class TableThatTrains(nn.Module):
    """Add a table (L, D) meant to be fixed, which is
    trained."""

    table: torch.Tensor

    def __init__(self, pretrained: nn.Embedding) -> None:
        """Assign a Parameter to the name of the buffer."""
        super().__init__()
        self.register_buffer("table", torch.zeros(2, 2))
        self.table = pretrained.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x (B, L, D) plus the table."""
        return x + self.table
# --8<-- [end:table_that_trains]


# --8<-- [start:buffer_before_init]
class BufferBeforeInit(nn.Module):
    """Register a buffer before there is a place for it."""

    def __init__(self) -> None:
        """Raise AttributeError."""
        self.register_buffer("table", torch.zeros(2, 2))
        super().__init__()
# --8<-- [end:buffer_before_init]
