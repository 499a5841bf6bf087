"""Multi-head attention from one projection, in three layouts."""

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:multi_head_attention]
class MultiHeadAttention(nn.Module):
    """Self-attention of (B, L, D), with h heads of d features.

    The rows of `in_proj.weight` lie as (3, h, d), which is the layout
    of `nn.MultiheadAttention.in_proj_weight`.

    For a dtype in which the scores of attention are finite.

    Raises: RuntimeError where x has another dtype than the weights,
        without autocast and not on meta.
    Source: https://arxiv.org/abs/1706.03762
    """

    def __init__(
        self, features: int, num_heads: int, head_dim: int
    ) -> None:
        """Make the two projections, D to 3hd and hd to D."""
        super().__init__()
        self.num_heads = num_heads
        self.head_dim = head_dim
        self.in_proj = nn.Linear(features, 3 * num_heads * head_dim)
        self.out_proj = nn.Linear(num_heads * head_dim, features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, L, D) for `x` (B, L, D)."""
        B, L, _ = x.shape
        h, d = self.num_heads, self.head_dim
        qkv: torch.Tensor = self.in_proj(x)              # (B, L, 3hd)
        qkv = qkv.reshape(B, L, 3 * h, d)                # (B, L, 3h, d)
        qkv = qkv.permute(0, 2, 1, 3)                    # (B, 3h, L, d)
        q, k, v = qkv.chunk(3, dim=1)                    # (B, h, L, d)
        heads = F.scaled_dot_product_attention(q, k, v)  # (B, h, L, d)
        tokens = heads.permute(0, 2, 1, 3)               # (B, L, h, d)
        merged = tokens.reshape(B, L, h * d)             # (B, L, hd)
        out: torch.Tensor = self.out_proj(merged)        # (B, L, D)
        return out
# --8<-- [end:multi_head_attention]


# --8<-- [start:split_qkv]
def split_qkv(
    qkv: torch.Tensor, num_heads: int, layout: str
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Split a projection (B, L, 3hd) into q, k and v (B, h, L, d).

    `layout` is "(3, h, d)", "(h, 3d)" or "(3d, h)".

    Raises: ValueError for another layout.
    Source: https://uvadlc-notebooks.readthedocs.io/en/latest/tutorial_notebooks/tutorial6/Transformers_and_MHAttention.html
    """
    B, L, size = qkv.shape
    h, d = num_heads, size // (3 * num_heads)
    if layout == "(3, h, d)":
        x = qkv.reshape(B, L, 3 * h, d)
        q, k, v = x.permute(0, 2, 1, 3).chunk(3, dim=1)
    elif layout == "(h, 3d)":
        x = qkv.reshape(B, L, h, 3 * d)
        q, k, v = x.permute(0, 2, 1, 3).chunk(3, dim=3)
    elif layout == "(3d, h)":
        x = qkv.reshape(B, L, 3 * d, h)
        q, k, v = x.permute(0, 3, 1, 2).chunk(3, dim=3)
    else:
        raise ValueError(f"no layout {layout!r}")
    return q, k, v
# --8<-- [end:split_qkv]


# --8<-- [start:qkv_rows]
def qkv_rows(
    num_heads: int, head_dim: int, layout: str
) -> torch.Tensor:
    """Give the order (3hd,) in which `layout` holds (3, h, d) rows.

    `weight[qkv_rows(h, d, layout)]` is for code that splits by
    `layout` what `weight` is for code that splits by (3, h, d).

    Raises: KeyError for an unknown layout.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html

    >>> qkv_rows(2, 2, "(h, 3d)").tolist()
    [0, 1, 4, 5, 8, 9, 2, 3, 6, 7, 10, 11]
    """
    dims = {"(3, h, d)": (0, 1, 2), "(h, 3d)": (1, 0, 2),
            "(3d, h)": (0, 2, 1)}[layout]
    rows = torch.arange(3 * num_heads * head_dim)
    return rows.view(3, num_heads, head_dim).permute(dims).reshape(-1)
# --8<-- [end:qkv_rows]
