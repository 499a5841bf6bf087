import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

from snippets.attention.attention_by_hand import additive_mask, attention
from snippets.attention.wrong_attention_by_hand import attend_to_the_future
from tests import populations
from tests.awkward import Case

PAST = torch.ones(3, 3, dtype=torch.bool).tril()
BEYOND = {"float16, its sum overflows": "In float16 a product above 65504 overflows"}


def each_query_with_its_own_keys(x):
    return torch.cat([F.scaled_dot_product_attention(
        x[:, i:i + 1], x[:, :i + 1], x[:, :i + 1]) for i in range(3)], dim=1)


AWKWARD = [
    Case(attention, lambda f, x: f(x, x, x)[0], shape=(2, 3, 4), outside=BEYOND,
         like=lambda x: F.scaled_dot_product_attention(x, x, x)),
    Case(attention, lambda f, x: f(x, x, x, PAST.to(x.device))[0], shape=(2, 3, 4), outside=BEYOND,
         like=each_query_with_its_own_keys),
    Case(additive_mask, lambda f, keep: f(keep), like=lambda keep: keep.float().log()),
]

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


def test_a_mask_of_numbers_is_refused(device):
    for dtype in [torch.int64, torch.uint8, torch.float32]:
        with pytest.raises(TypeError, match="not boolean"):
            additive_mask(torch.ones(2, dtype=dtype, device=device))


def through(layer):
    """`F.multi_head_attention_forward` with the weights of a layer, batch first."""
    def call(x, mask):
        x = x.transpose(0, 1)
        out, _ = F.multi_head_attention_forward(
            x, x, x, 8, 2, layer.in_proj_weight, layer.in_proj_bias, None, None, False, 0.0,
            layer.out_proj.weight, layer.out_proj.bias, attn_mask=mask)
        return out.transpose(0, 1)
    return call


def flexible(x, mask):
    """Attend by `flex_attention`, with a boolean as `mask_mod` and floats as `score_mod`."""
    x = x[:, None]
    if mask.dtype != torch.bool:
        return flex_attention(x, x, x, score_mod=lambda s, b, h, i, j: s + mask[i, j])[:, 0]
    block = create_block_mask(
        lambda b, h, i, j: mask[i, j], None, None, 4, 4, device=x.device)
    return flex_attention(x, x, x, block_mask=block)[:, 0]


def attends(name):
    """Self-attention of (1, 4, 8) under a mask, by an entry point of torch."""
    sizes = {"dim_feedforward": 8, "dropout": 0.0, "batch_first": True}
    layer = nn.MultiheadAttention(8, 2, batch_first=True)
    encoder = nn.TransformerEncoderLayer(8, 2, **sizes)
    decoder = nn.TransformerDecoderLayer(8, 2, **sizes)
    encoders, decoders = nn.TransformerEncoder(encoder, 1), nn.TransformerDecoder(decoder, 1)
    whole = nn.Transformer(8, 2, 1, 1, **sizes)
    return {
        "F.scaled_dot_product_attention":
            lambda x, mask: F.scaled_dot_product_attention(x, x, x, attn_mask=mask),
        "F.multi_head_attention_forward": through(layer),
        "nn.MultiheadAttention": lambda x, mask: layer(x, x, x, attn_mask=mask)[0],
        "nn.TransformerEncoderLayer": lambda x, mask: encoder(x, src_mask=mask),
        "nn.TransformerEncoder": lambda x, mask: encoders(x, mask=mask),
        "nn.TransformerDecoderLayer":
            lambda x, mask: decoder(x, torch.ones_like(x), tgt_mask=mask),
        "nn.TransformerDecoder": lambda x, mask: decoders(x, torch.ones_like(x), tgt_mask=mask),
        "nn.Transformer": lambda x, mask: whole(torch.ones_like(x), x, tgt_mask=mask),
        "nn.attention.flex_attention.flex_attention": flexible,
    }[name]


def seen(call, mask, device):
    """Which token each output follows, tokens along the columns and itself left out."""
    x = torch.randn(1, 4, 8, device=device)
    columns = []
    for j in range(4):
        changed = x.clone()
        changed[0, j] = torch.randn(8, device=device)
        columns.append((call(changed, mask) - call(x, mask)).abs().amax(dim=-1)[0] > 1e-6)
    return torch.stack(columns, dim=1) & ~torch.eye(4, dtype=torch.bool, device=device)


KEEPS = ["F.scaled_dot_product_attention", "nn.attention.flex_attention.flex_attention"]


@pytest.mark.filterwarnings("ignore:flex_attention called without")
@pytest.mark.parametrize("name", populations.attention())
def test_true_keeps_in_two_entry_points_and_hides_in_the_others(device, name):
    mask = torch.ones(4, 4, dtype=torch.bool, device=device).triu(1)
    with torch.device(device), torch.no_grad():
        call = attends(name)
        assert torch.equal(seen(call, mask, device), mask if name in KEEPS else mask.T)
        assert torch.equal(seen(call, additive_mask(mask), device), mask)  # floats are added
        ones = seen(call, mask.float(), device)
        assert ones.sum() == 12  # floats of 0 and 1 hide nothing
