import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.nn.attention.bias import causal_lower_right

from snippets.attention.is_causal_with_cache import (
    assert_cache_changes_nothing,
    causal_with_cache,
)
from snippets.attention.wrong_is_causal_with_cache import causal_from_the_first_key
from snippets.guards.judge import Undecided
from tests.awkward import Case, Guard


def in_one_pass(x):
    return F.scaled_dot_product_attention(x, x, x, is_causal=True)[..., 2:, :]


AWKWARD = [
    Case(causal_with_cache, lambda f, x: f(x[..., 2:, :], x, x), like=in_one_pass,
         shape=(2, 3, 5, 4), outside=dict.fromkeys(["huge", "one nan"], "For finite scores.")),
    Guard(assert_cache_changes_nothing, right=lambda guard, x: guard(causal_with_cache, x),
          wrong=lambda guard, x: guard(causal_from_the_first_key, x), shape=(2, 5, 4)),
]


@pytest.mark.parametrize("attend", [causal_with_cache, causal_from_the_first_key])
def test_one_row_and_equal_rows_are_undecided(device, attend):
    for x in [torch.randn(2, 1, 4, device=device), torch.ones(2, 5, 4, device=device)]:
        with pytest.raises(Undecided, match="come out equal"):
            assert_cache_changes_nothing(attend, x)

FIXED_DEVICE = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FIXED_DEVICE
@given(st.integers(1, 5), st.integers(0, 4))
def test_new_queries_see_what_they_see_in_one_pass(device, L, cached):
    q, k, v = torch.randn(3, 2, 2, cached + L, 4, dtype=torch.float64, device=device).unbind()
    whole = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    new = causal_with_cache(q[..., cached:, :], k, v)
    torch.testing.assert_close(new, whole[..., cached:, :])
    bias = causal_lower_right(L, L + cached)
    torch.testing.assert_close(
        new, F.scaled_dot_product_attention(q[..., cached:, :], k, v, attn_mask=bias))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(device, dtype):
    q, k, v = torch.randn(3, 1, 2, 6, 8, device=device).to(dtype).unbind()
    whole = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    torch.testing.assert_close(
        causal_with_cache(q[..., 4:, :], k, v), whole[..., 4:, :], rtol=0.02, atol=0.02)


def test_the_guard_fails_top_left_and_passes_bottom_right(device):
    x = torch.randn(2, 4, 8, device=device)
    with pytest.raises(AssertionError, match="3 new queries after 1 cached keys"):
        assert_cache_changes_nothing(causal_from_the_first_key, x)
    assert_cache_changes_nothing(causal_with_cache, x)


def test_the_guard_fails_attention_that_sees_later_keys(device):
    def one_too_many(q, k, v):
        L, S = q.shape[-2], k.shape[-2]
        keep = torch.ones(L, S, dtype=torch.bool, device=device).tril(diagonal=S - L + 1)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=keep)

    x = torch.randn(2, 5, 8, device=device)
    for attend in [F.scaled_dot_product_attention, one_too_many]:
        with pytest.raises(AssertionError, match="the first 1 of 5 rows alone"):
            assert_cache_changes_nothing(attend, x)


def test_a_part_without_keys_fails_although_it_is_nan(device):
    def attend(q, k, v):
        L, S = q.shape[-2], k.shape[-2]
        keep = torch.ones(L, S, device=device).tril(diagonal=-S if L < S else 0).bool()
        return (q @ k.mT).masked_fill(~keep, -torch.inf).softmax(-1) @ v

    with pytest.raises(AssertionError, match="4 new queries after 1 cached keys"):
        assert_cache_changes_nothing(attend, torch.randn(2, 5, 8, device=device))


def test_more_queries_than_keys_raise_in_the_snippet_alone(device):
    q, k = torch.randn(1, 5, 4, device=device), torch.randn(1, 3, 4, device=device)
    with pytest.raises(ValueError, match="5 queries, but 3 keys"):
        causal_with_cache(q, k, k)
    F.scaled_dot_product_attention(q, k, k, is_causal=True)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_guard_allows_for_the_rounding_of_half_precision(device, dtype):
    for seed in range(50):
        torch.manual_seed(seed)
        x = torch.randn(2, 9, 16, device=device).to(dtype)
        assert_cache_changes_nothing(causal_with_cache, x)
        with pytest.raises(AssertionError, match="cached keys"):
            assert_cache_changes_nothing(causal_from_the_first_key, x)
