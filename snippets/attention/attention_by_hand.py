"""Attention written out, and a mask that cannot be read backwards."""

import math

import torch


# --8<-- [start:attention]
def attention(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    keep: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the values (..., L, e) and the weights
    (..., L, S).

    `q` (..., L, d), `k` (..., S, d) and `v` (..., S, e) are of
    one floating dtype. In float16 a product above 65504
    overflows. The boolean `keep` broadcasts to (..., L, S);
    True keeps a key. A row that keeps no key gives zeros, if
    `v` is finite.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
    """
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if keep is not None:
        scores = scores.masked_fill(~keep, -math.inf)
    weights = scores.softmax(dim=-1)
    if keep is not None:
        weights = weights.masked_fill(~keep, 0)
    return weights @ v, weights
# --8<-- [end:attention]


# --8<-- [start:additive_mask]
def additive_mask(
    keep: torch.Tensor, dtype: torch.dtype = torch.float32
) -> torch.Tensor:
    """Turn `keep`, of any shape, into 0 where True and -inf
    elsewhere.

    `dtype` is that of the layer or of the queries.

    Raises: TypeError where `keep` is not boolean.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html

    >>> additive_mask(torch.tensor([True, False]))
    tensor([0., -inf])
    """
    if keep.dtype != torch.bool:
        raise TypeError(f"keep is {keep.dtype}, not boolean")
    mask = torch.zeros_like(keep, dtype=dtype)
    return mask.masked_fill(~keep, -math.inf)
# --8<-- [end:additive_mask]
