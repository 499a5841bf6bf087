"""Causal attention of new queries to a cache of earlier keys."""

from collections.abc import Callable

import torch
import torch.nn.functional as F


# --8<-- [start:causal_with_cache]
def causal_with_cache(
        q: torch.Tensor, k: torch.Tensor,
        v: torch.Tensor) -> torch.Tensor:
    """Attend causally, the last query standing at the last key.

    `q` (..., L, d), `k` (..., S, d), `v` (..., S, e) with L <= S; the
    result is (..., L, e).

    Raises: ValueError where there are more queries than keys.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.attention.bias.causal_lower_right.html
    """
    L, S = q.shape[-2], k.shape[-2]
    if L > S:
        raise ValueError(f"{L} queries, but {S} keys")
    if L == S:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    keep = torch.ones(L, S, dtype=torch.bool, device=q.device)
    return F.scaled_dot_product_attention(
        q, k, v, attn_mask=keep.tril(diagonal=S - L))
# --8<-- [end:causal_with_cache]


# --8<-- [start:assert_cache_changes_nothing]
def assert_cache_changes_nothing(
        attend: Callable[
            [torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor],
        x: torch.Tensor) -> None:
    """Fail unless rows of x (B, L, d) come out alike in two parts.

    `attend` takes queries, keys and values. The queries of a part
    see the keys of that part and of those before.

    Raises: AssertionError with the first length that fails.
    Source: https://github.com/pytorch/pytorch/issues/108108
    """
    L = x.shape[1]
    whole = attend(x, x, x)
    for start in range(1, L):
        part = attend(x[:, start:], x, x)
        assert torch.allclose(part, whole[:, start:], atol=1e-5), (
            f"{L - start} new queries after {start} cached keys give "
            f"another output: is the causal mask aligned top-left?")
# --8<-- [end:assert_cache_changes_nothing]
