"""Multi-head attention from one projection."""

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:multi_head_attention]
class MultiHeadAttention(nn.Module):
    """Self-attention of (B, L, D), with h heads of d features.

    The rows of `in_proj.weight` lie as (3, h, d), which is the
    layout of `nn.MultiheadAttention.in_proj_weight`.

    For a dtype in which the scores of attention are finite.

    Raises: RuntimeError where x has another dtype than the
        weights, without autocast and not on meta.
    Source: https://arxiv.org/abs/1706.03762
    """

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
        qkv: torch.Tensor = self.in_proj(x)  # (B, L, 3hd)
        qkv = qkv.reshape(B, L, 3 * h, d)  # (B, L, 3h, d)
        qkv = qkv.permute(0, 2, 1, 3)  # (B, 3h, L, d)
        q, k, v = qkv.chunk(3, dim=1)  # (B, h, L, d)
        # (B, h, L, d)
        heads = F.scaled_dot_product_attention(q, k, v)
        tokens = heads.permute(0, 2, 1, 3)  # (B, L, h, d)
        merged = tokens.reshape(B, L, h * d)  # (B, L, hd)
        out: torch.Tensor = self.out_proj(merged)  # (B, L, D)
        return out
# --8<-- [end:multi_head_attention]
