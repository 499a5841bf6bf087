"""Answers to the exercise on heads that have the right shape."""

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:rows_head_by_head]
class RowsHeadByHead(nn.Module):
    """Read the rows of the projection as (h, 3, d), not
    (3, h, d)."""

    def __init__(
        self, features: int, num_heads: int, head_dim: int
    ) -> None:
        """Make the two projections, D to 3hd and hd to D."""
        super().__init__()
        self.num_heads = num_heads
        self.head_dim = head_dim
        self.in_proj = nn.Linear(
            features, 3 * num_heads * head_dim)
        self.out_proj = nn.Linear(
            num_heads * head_dim, features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, L, D) for `x` (B, L, D)."""
        B, L, _ = x.shape
        h, d = self.num_heads, self.head_dim
        qkv = self.in_proj(x).reshape(B, L, h, 3 * d)
        q, k, v = qkv.permute(0, 2, 1, 3).chunk(3, dim=-1)
        heads = F.scaled_dot_product_attention(q, k, v)
        merged = heads.permute(0, 2, 1, 3).flatten(2)
        out: torch.Tensor = self.out_proj(merged)
        return out
# --8<-- [end:rows_head_by_head]


# --8<-- [start:heads_split_by_view]
class HeadsSplitByView(nn.Module):
    """Split heads by a view, which deals a token out to
    positions."""

    def __init__(
        self, features: int, num_heads: int, head_dim: int
    ) -> None:
        """Make the two projections, D to 3hd and hd to D."""
        super().__init__()
        self.num_heads = num_heads
        self.head_dim = head_dim
        self.in_proj = nn.Linear(
            features, 3 * num_heads * head_dim)
        self.out_proj = nn.Linear(
            num_heads * head_dim, features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, L, D) for `x` (B, L, D)."""
        B, L, _ = x.shape
        q, k, v = (
            part.reshape(B, self.num_heads, L, self.head_dim)
            for part in self.in_proj(x).chunk(3, dim=-1))
        heads = F.scaled_dot_product_attention(q, k, v)
        merged = heads.permute(0, 2, 1, 3).flatten(2)
        out: torch.Tensor = self.out_proj(merged)
        return out
# --8<-- [end:heads_split_by_view]


# --8<-- [start:merge_without_permute]
class MergeWithoutPermute(nn.Module):
    """Merge heads by a reshape, which puts positions side by
    side."""

    def __init__(
        self, features: int, num_heads: int, head_dim: int
    ) -> None:
        """Make the two projections, D to 3hd and hd to D."""
        super().__init__()
        self.num_heads = num_heads
        self.head_dim = head_dim
        self.in_proj = nn.Linear(
            features, 3 * num_heads * head_dim)
        self.out_proj = nn.Linear(
            num_heads * head_dim, features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, L, D) for `x` (B, L, D)."""
        B, L, _ = x.shape
        qkv = self.in_proj(x).reshape(B, L, -1, self.head_dim)
        q, k, v = qkv.permute(0, 2, 1, 3).chunk(3, dim=1)
        heads = F.scaled_dot_product_attention(q, k, v)
        out: torch.Tensor = self.out_proj(
            heads.reshape(B, L, -1))
        return out
# --8<-- [end:merge_without_permute]
