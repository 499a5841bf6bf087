"""A mask for the rows of the queries in the place of the keys."""

import torch
from torch import nn


# --8<-- [start:hide_queries]
def hide_queries(
        layer: nn.MultiheadAttention, x: torch.Tensor,
        keep: torch.Tensor) -> torch.Tensor:
    """Hide all keys from padded queries, and none from the
    others.

    `x` (1, L, D), `keep` (1, L).
    """
    hide = ~keep[0, :, None].expand(-1, keep.shape[1])
    out: torch.Tensor = layer(x, x, x, attn_mask=hide)[0]
    return out
# --8<-- [end:hide_queries]
