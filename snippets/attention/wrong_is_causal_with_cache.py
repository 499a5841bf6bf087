"""A causal mask that starts at the first key, beside a cache."""

import torch
import torch.nn.functional as F


# --8<-- [start:causal_from_the_first_key]
def causal_from_the_first_key(
        q: torch.Tensor, k: torch.Tensor,
        v: torch.Tensor) -> torch.Tensor:
    """Let query i see keys 0 to i, wherever it stands in the
    text.

    `q` (..., L, d), `k` (..., S, d), `v` (..., S, e).
    """
    return F.scaled_dot_product_attention(
        q, k, v, is_causal=True)
# --8<-- [end:causal_from_the_first_key]
