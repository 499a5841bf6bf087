"""Heads split and merged without the permute."""

import torch


# --8<-- [start:split_heads_by_view]
def split_heads_by_view(
    x: torch.Tensor, num_heads: int
) -> torch.Tensor:
    """Split `x` (B, L, hd) into (B, h, L, d), with tokens
    mixed."""
    B, L, size = x.shape
    return x.view(B, num_heads, L, size // num_heads)
# --8<-- [end:split_heads_by_view]


# --8<-- [start:merge_heads_by_reshape]
def merge_heads_by_reshape(
        heads: torch.Tensor) -> torch.Tensor:
    """Merge (B, h, L, d) into (B, L, hd), with tokens
    mixed."""
    B, h, L, d = heads.shape
    return heads.reshape(B, L, h * d)
# --8<-- [end:merge_heads_by_reshape]
