import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from snippets.attention.attention_by_hand import additive_mask, attention
from snippets.attention.wrong_attention_by_hand import attend_to_the_future

FIXED_DEVICE = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
SIZES = st.tuples(*(st.integers(1, 5) for _ in range(6)))  # B, h, L, S, d, e


def inputs(sizes, device):
    B, h, L, S, d, e = sizes
    return [torch.randn(*shape, dtype=torch.float64, device=device, requires_grad=True)
            for shape in [(B, h, L, d), (B, h, S, d), (B, h, S, e)]]


@FIXED_DEVICE
@given(SIZES, st.sampled_from([0.0, 0.3, 1.0]))
def test_values_and_gradients_are_those_of_torch(device, sizes, share):
    q, k, v = inputs(sizes, device)
    keep = torch.rand(sizes[2], sizes[3], device=device) < share
    for mask in [None, keep]:
        values, _ = attention(q, k, v, mask)
        expected = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        torch.testing.assert_close(values, expected)
        torch.testing.assert_close(
            torch.autograd.grad(values.square().sum(), (q, k, v)),
            torch.autograd.grad(expected.square().sum(), (q, k, v)))


@FIXED_DEVICE
@given(SIZES)
def test_rows_of_the_weights_sum_to_one_where_a_key_is_kept(device, sizes):
    q, k, v = inputs(sizes, device)
    keep = torch.rand(sizes[2], sizes[3], device=device) < 0.5
    _, weights = attention(q, k, v, keep)
    sums = keep.any(dim=-1).double().expand(weights.shape[:-1])
    torch.testing.assert_close(weights.sum(dim=-1), sums)
    assert not weights.masked_select(~keep).any()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(device, dtype):
    q, k, v = (torch.randn(2, 4, 8, 16, device=device).to(dtype) for _ in range(3))
    keep = torch.ones(8, 8, dtype=torch.bool, device=device).tril()
    torch.testing.assert_close(
        attention(q, k, v, keep)[0], F.scaled_dot_product_attention(q, k, v, is_causal=True),
        rtol=0.02, atol=0.02)


@FIXED_DEVICE
@given(st.integers(1, 3), st.integers(1, 6), st.integers(0, 2))
def test_both_functions_read_an_additive_mask_alike(device, heads, length, hidden):
    keep = torch.ones(length, length, dtype=torch.bool, device=device).tril(hidden)
    x = torch.randn(2, length, 2 * heads, dtype=torch.float64, device=device)
    layer = nn.MultiheadAttention(
        2 * heads, heads, batch_first=True, dtype=torch.float64, device=device)
    mask = additive_mask(keep, torch.float64)
    output, weights = layer(x, x, x, attn_mask=mask, average_attn_weights=False)
    qkv = F.linear(x, layer.in_proj_weight, layer.in_proj_bias)
    q, k, v = qkv.view(2, length, 3 * heads, 2).permute(0, 2, 1, 3).chunk(3, dim=1)
    values, by_hand = attention(q, k, v, keep)
    torch.testing.assert_close(weights, by_hand)
    torch.testing.assert_close(F.scaled_dot_product_attention(q, k, v, attn_mask=mask), values)
    torch.testing.assert_close(layer.out_proj(values.transpose(1, 2).flatten(2)), output)


def test_the_mask_of_the_layer_shows_the_future_to_the_function(device):
    x = torch.randn(1, 4, 2, device=device, requires_grad=True)
    for position in range(4):
        output = attend_to_the_future(x.detach(), x.detach(), x)[0, position]
        seen = torch.autograd.grad(output.sum(), x)[0][0].any(dim=-1)
        assert seen.tolist() == [token > position for token in range(4)]
    assert attend_to_the_future(x, x, x).shape == x.shape
