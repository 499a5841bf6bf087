"""Layers that have a reference and differ from it."""

import torch
import torch.nn.functional as F


# --8<-- [start:grouped_attention_by_repeat]
def grouped_attention_by_repeat(
        q: torch.Tensor, k: torch.Tensor,
        v: torch.Tensor) -> torch.Tensor:
    """Give each head of q (B, h, L, d) another's key and
    value.

    `k` and `v` (B, g, L, d) have one head for h / g heads of
    `q`.
    """
    times = q.shape[1] // k.shape[1]
    k, v = k.repeat(1, times, 1, 1), v.repeat(1, times, 1, 1)
    return F.scaled_dot_product_attention(q, k, v)
# --8<-- [end:grouped_attention_by_repeat]
