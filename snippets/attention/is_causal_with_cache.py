"""Causal attention of new queries to a cache of earlier keys."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from snippets.guards.judge import Undecided


# --8<-- [start:causal_with_cache]
def causal_with_cache(
        q: torch.Tensor, k: torch.Tensor,
        v: torch.Tensor) -> torch.Tensor:
    """Attend causally, the last query standing at the last
    key.

    `q` (..., L, d), `k` (..., S, d), `v` (..., S, e) with L <=
    S; the result is (..., L, e).

    For finite scores.

    Raises:
        ValueError: there are more queries than keys.
        RuntimeError: torch's own, for example for integers.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.attention.bias.causal_lower_right.html
    """
    L, S = q.shape[-2], k.shape[-2]
    if L > S:
        raise ValueError(f"{L} queries, but {S} keys")
    if L == S:
        return F.scaled_dot_product_attention(
            q, k, v, is_causal=True)
    keep = torch.ones(L, S, dtype=torch.bool, device=q.device)
    return F.scaled_dot_product_attention(
        q, k, v, attn_mask=keep.tril(diagonal=S - L))
# --8<-- [end:causal_with_cache]


# --8<-- [start:assert_cache_changes_nothing]
def assert_cache_changes_nothing(
        attend: Callable[
            [torch.Tensor, torch.Tensor, torch.Tensor],
            torch.Tensor], x: torch.Tensor) -> None:
    """Fail unless rows of x (B, L, d) come out alike in two
    parts.

    `attend` takes queries, keys and values. The queries of a
    part see the keys of that part and of those before. Outputs
    in float16 or bfloat16 may differ by a few roundings.

    Raises:
        AssertionError: says which number of keys or rows
            fails.
        Undecided: there is one row, or the rows come out
            equal.
        RuntimeError: `attend` does not take `x`, or it is on
            meta.
    Source: https://github.com/pytorch/pytorch/issues/108108
    """
    L = x.shape[1]
    with torch.no_grad():
        whole = attend(x, x, x)
        firsts = [attend(x[:, :i], x[:, :i], x[:, :i])
                  for i in range(1, L)]
        parts = [attend(x[:, i:], x, x) for i in range(1, L)]
    finite, clean = whole.isfinite(), x.isfinite().all()
    size = whole[finite].double().abs()
    largest = size.max().item() if size.numel() else 0.0
    limit = max(
        1e-4, 4 * torch.finfo(whole.dtype).eps) * largest

    def same(part: torch.Tensor, rows: slice) -> bool:
        gap = (part.double() - whole[:, rows].double()).abs()
        known = finite[:, rows] & (part.isfinite() | clean)
        return bool((gap[known] <= limit).all())

    for i, (first, part) in enumerate(
            zip(firsts, parts, strict=True), 1):
        assert same(part, slice(i, None)), (
            f"{L - i} new queries after {i} cached keys give "
            f"another output: is the causal mask aligned top-left?")
        assert same(first, slice(i)), (
            f"the first {i} of {L} rows alone give another output: do "
            f"they see later keys?")
    spread = (whole - whole[:, -1:])[finite].abs()
    if not (spread > 10 * limit).any():
        raise Undecided(
            "the rows come out equal, or there is one")
# --8<-- [end:assert_cache_changes_nothing]
