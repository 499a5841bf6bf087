"""What the exercise on heads starts from."""

import torch
from torch import nn


# --8<-- [start:multi_head_attention]
class MultiHeadAttention(nn.Module):
    """Self-attention of (B, L, D), with h heads of d features.

    The rows of `in_proj.weight` lie as (3, h, d).
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
        raise NotImplementedError("eight steps")
# --8<-- [end:multi_head_attention]
