import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from torch import nn

from snippets.attention.split_heads import MultiHeadAttention
from snippets.attention.wrong_split_heads import merge_heads_by_reshape, split_heads_by_view
from snippets.guards.permutation_equivariant import permutation_equivariant
from tests.attention.layers import FIXED_DEVICE, SIZES, gradients, reference
from tests.awkward import Case


def attention_for(x):
    dtype = x.dtype if x.is_floating_point() else torch.float32
    torch.manual_seed(0)
    return MultiHeadAttention(8, 2, 4).to(x.device, dtype)


def is_near_torch(x, result):
    ours, theirs = attention_for(x), nn.MultiheadAttention(8, 2, batch_first=True)
    theirs.to(x.device, x.dtype).load_state_dict({
        name.replace("in_proj.", "in_proj_"): value for name, value in ours.state_dict().items()})
    expected = theirs(x, x, x)[0]
    near = 1e-4 if x.dtype in (torch.float32, torch.float64) else 0.05
    size = expected.nan_to_num().abs().max().item() if x.numel() else 0.0
    nan = expected.isnan() | result.isnan()  # where the kernels of torch differ
    torch.testing.assert_close(
        result.masked_fill(nan, 0), expected.masked_fill(nan, 0), rtol=0, atol=near * size)


FINITE = "in which the scores of attention are finite"
AWKWARD = [
    Case(MultiHeadAttention, lambda kind, x: attention_for(x)(x), holds=is_near_torch,
         shape=(2, 5, 8), compiled=False,
         outside={"huge": FINITE, "float16, its sum overflows": FINITE}),
]


@FIXED_DEVICE
@given(SIZES)
def test_the_eight_steps_are_the_layer_of_torch(device, sizes):
    B, L, h, d = sizes
    theirs = reference(h, d, device)
    ours = MultiHeadAttention(h * d, h, d).to(device, torch.float64)
    ours.load_state_dict({
        name.replace("in_proj_", "in_proj."): value for name, value in theirs.state_dict().items()})
    x = torch.randn(L, B, h * d, dtype=torch.float64, device=device).transpose(0, 1)
    x.requires_grad_()
    expected, output = theirs(x, x, x)[0], ours(x)
    torch.testing.assert_close(output, expected)
    torch.testing.assert_close(
        gradients(output, x, ours.in_proj.weight, ours.in_proj.bias, *ours.out_proj.parameters()),
        gradients(expected, x, theirs.in_proj_weight, theirs.in_proj_bias,
                  *theirs.out_proj.parameters()))


def test_more_features_than_the_heads_hold(device):
    layer = MultiHeadAttention(7, 3, 2).to(device, torch.float64)
    x = torch.randn(2, 4, 7, dtype=torch.float64, device=device)
    qkv = layer.in_proj(x).view(2, 4, 3, 3, 2)
    values = []
    for head in range(3):
        q, k, v = (qkv[:, :, part, head] for part in range(3))
        values.append((q @ k.mT / 2 ** 0.5).softmax(dim=-1) @ v)
    torch.testing.assert_close(layer(x), layer.out_proj(torch.cat(values, dim=-1)))


def test_a_batch_of_none_keeps_its_shape(device):
    layer = MultiHeadAttention(6, 2, 3).to(device)
    assert layer(torch.zeros(0, 4, 6, device=device)).shape == (0, 4, 6)


def test_heads_split_by_view_mix_tokens(device):
    x = torch.arange(24, device=device).view(2, 3, 4)
    right = x.view(2, 3, 2, 2).permute(0, 2, 1, 3)
    wrong = split_heads_by_view(x, 2)
    assert wrong.shape == right.shape
    assert not torch.equal(wrong, right)
    assert torch.equal(split_heads_by_view(x, 1), x.unsqueeze(1))  # one head hides the bug


def test_heads_split_by_view_leak_the_future_through_a_causal_mask(device):
    x = torch.randn(1, 3, 4, dtype=torch.float64, device=device, requires_grad=True)
    for split, leaks in [(lambda x: x.view(1, 3, 2, 2).permute(0, 2, 1, 3), False),
                         (lambda x: split_heads_by_view(x, 2), True)]:
        heads = split(x)
        first = F.scaled_dot_product_attention(heads, heads, heads, is_causal=True)[:, :, 0]
        later = torch.autograd.grad(first.sum(), x)[0][:, 1:]
        assert bool(later.any()) == leaks


def test_heads_merged_by_reshape_mix_tokens(device):
    x = torch.arange(24, device=device).view(2, 3, 4)
    heads = x.view(2, 3, 2, 2).permute(0, 2, 1, 3)
    assert torch.equal(heads.permute(0, 2, 1, 3).reshape(2, 3, 4), x)
    wrong = merge_heads_by_reshape(heads)
    assert wrong.shape == x.shape
    assert not torch.equal(wrong, x)


@pytest.mark.parametrize(("num_heads", "length", "passes"), [(8, 4, True), (4, 8, False)])
def test_the_guard_needs_more_tokens_than_heads_where_both_ways_are_wrong(
        device, num_heads, length, passes):
    layer = MultiHeadAttention(8, num_heads, 2).to(device)

    def three_projections(x):
        parts = [split_heads_by_view(part.contiguous(), num_heads)
                 for part in layer.in_proj(x).chunk(3, dim=-1)]
        return layer.out_proj(merge_heads_by_reshape(F.scaled_dot_product_attention(*parts)))

    x = torch.randn(2, length, 8, device=device)
    if passes:
        permutation_equivariant(three_projections, x)
    else:
        with pytest.raises(AssertionError, match="heads split or merged by view"):
            permutation_equivariant(three_projections, x)
