"""Models whose outputs do not follow their tokens."""

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:attend_in_folded_heads]
class AttendInFoldedHeads(nn.Module):
    """Attend in (B, L, hd), heads cut out of it by `view`."""

    def __init__(self, features: int, num_heads: int) -> None:
        """Make the projection of queries, keys and values."""
        super().__init__()
        self.num_heads = num_heads
        self.in_proj = nn.Linear(features, 3 * features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, L, hd) for `x` (B, L, hd)."""
        B, L, size = x.shape
        shape = B * self.num_heads, L, size // self.num_heads
        q, k, v = self.in_proj(x).chunk(3, dim=-1)
        heads = F.scaled_dot_product_attention(
            q.reshape(shape), k.reshape(shape),
            v.reshape(shape))
        return heads.reshape(B, L, size)
# --8<-- [end:attend_in_folded_heads]


# --8<-- [start:set_with_positions]
class SetWithPositions(nn.Module):
    """Add to each element of a set what its place has
    learned."""

    def __init__(self, length: int, features: int) -> None:
        """Make the embedding of `length` places."""
        super().__init__()
        self.positions = nn.Parameter(
            torch.randn(length, features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, L, D) for `x` (B, L, D)."""
        return x + self.positions
# --8<-- [end:set_with_positions]
