import pytest
import torch
import torch.nn.functional as F
from torch.nn.attention.bias import causal_lower_right

from snippets.attention.is_causal_with_cache import causal_with_cache
from snippets.exercises.attend_with_cache import check_causal_with_cache
from tests.awkward import LeftOut

AWKWARD = [LeftOut(check_causal_with_cache, "it makes its own tokens")]


def by_einsum(q, k, v):
    """In float64, by a mask of floats."""
    L, S = q.shape[-2], k.shape[-2]
    hidden = torch.full((L, S), -torch.inf, dtype=torch.float64).triu(S - L + 1)
    scores = torch.einsum("...ld,...sd->...ls", q.double(), k.double()) / q.shape[-1] ** 0.5
    return torch.einsum("...ls,...se->...le", (scores + hidden).softmax(-1), v.double())


def query_after_query(q, k, v):
    L, S = q.shape[-2], k.shape[-2]
    ends = [S - L + i + 1 for i in range(L)]
    return torch.cat([F.scaled_dot_product_attention(q[..., i:i + 1, :], k[..., :end, :],
                                                     v[..., :end, :])
                      for i, end in enumerate(ends)], dim=-2)


def by_torch(q, k, v):
    mask = causal_lower_right(q.shape[-2], k.shape[-2])
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def large_negative(q, k, v):
    """The least finite number instead of -inf."""
    L, S = q.shape[-2], k.shape[-2]
    place = torch.arange(S - L, S)[:, None]
    mask = torch.where(torch.arange(S) > place, torch.finfo(q.dtype).min, 0.0)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


@pytest.mark.parametrize("right", [causal_with_cache, by_einsum, query_after_query, by_torch,
                                   large_negative])
def test_right_answers_written_in_another_way_pass(right):
    check_causal_with_cache(right)


def with_diagonal(offset):
    def answer(q, k, v):
        L, S = q.shape[-2], k.shape[-2]
        keep = torch.ones(L, S).tril(S - L + offset).bool()
        return F.scaled_dot_product_attention(q, k, v, attn_mask=keep)
    return answer


@pytest.mark.parametrize(("wrong", "message"), [
    (with_diagonal(-1), "its own place"),
    (with_diagonal(1), "one key too many"),
    (lambda q, k, v: causal_with_cache(2 * q, k, v), "wrong weights"),
    (lambda q, k, v: causal_with_cache(q, k, v)[..., :1], "softmax over the keys"),
    (lambda q, k, v: causal_with_cache(q[..., -1:, :], k, v).expand(*q.shape[:-1], v.shape[-1]),
     "sees keys that come later"),
    (lambda q, k, v: v[..., -q.shape[-2]:, :], "up to this place"),
])
def test_wrong_answers_are_rejected_with_their_cause(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_causal_with_cache(wrong)
