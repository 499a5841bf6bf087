"""A causal mask for one function, read backwards by another."""

import torch
import torch.nn.functional as F


# --8<-- [start:attend_to_the_future]
def attend_to_the_future(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor
) -> torch.Tensor:
    """Attend from (..., L, d) with a mask that is True to
    hide."""
    pairs = q.shape[-2], k.shape[-2]
    hide = q.new_ones(pairs, dtype=torch.bool).triu(1)
    return F.scaled_dot_product_attention(
        q, k, v, attn_mask=hide)
# --8<-- [end:attend_to_the_future]
