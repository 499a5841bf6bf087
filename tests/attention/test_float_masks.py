import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from snippets.attention.float_masks import causal_hide, causal_keep, to_additive
from snippets.attention.wrong_float_masks import attend_with_ones
from tests.awkward import Case, LeftOut

AWKWARD = [
    LeftOut(causal_keep, "it takes a length"),
    LeftOut(causal_hide, "it takes a length"),
    Case(to_additive, lambda f, mask: f(mask, keeps=1), compiled=False,
         like=lambda mask: torch.where(mask == 1, 0.0, -torch.inf)),
]


def test_a_number_that_the_mask_does_not_hold_is_refused(device):
    with pytest.raises(ValueError, match="two numbers, 2 and another"):
        to_additive(torch.tensor([0, 1], device=device), keeps=2)


def test_the_result_has_the_dtype_and_the_masks_the_device(device):
    assert to_additive(torch.tensor([0, 1]), 1, torch.float16).dtype == torch.float16
    assert causal_keep(2, device).device.type == causal_hide(2, device).device.type == device


def test_is_causal_makes_no_mask_in_the_layer(device):
    layer, x = nn.MultiheadAttention(2, 1, batch_first=True, device=device), torch.zeros(1, 3, 2)
    with pytest.raises(RuntimeError, match="Need attn_mask if specifying the is_causal hint"):
        layer(*[x.to(device)] * 3, is_causal=True)

FIXED_DEVICE = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FIXED_DEVICE
@given(st.integers(1, 6))
def test_each_mask_is_causal_in_its_function(device, L):
    layer = nn.MultiheadAttention(2, 1, batch_first=True, device=device)
    x = torch.randn(2, L, 2, device=device)
    with torch.device(device):
        keep, hide = causal_keep(L), causal_hide(L)
    assert torch.equal(keep, ~hide)
    torch.testing.assert_close(
        F.scaled_dot_product_attention(x, x, x, attn_mask=keep),
        F.scaled_dot_product_attention(x, x, x, is_causal=True))
    weights = layer(x, x, x, attn_mask=hide)[1]
    assert not weights.triu(1).any()
    assert (weights.tril() > 0).sum() == L * (L + 1)


@FIXED_DEVICE
@given(st.integers(1, 5), st.sampled_from([torch.bool, torch.int64, torch.float16]))
def test_a_mask_of_two_numbers_becomes_additive(device, L, dtype):
    mask = (torch.rand(L, L, device=device) < 0.5).to(dtype)
    for keeps in [0, 1]:
        additive = to_additive(mask, keeps=keeps)
        assert torch.equal(additive == 0, mask == keeps)
        assert torch.equal(additive.isinf(), mask != keeps)


def test_what_is_additive_already_is_refused(device):
    with pytest.raises(ValueError, match="two numbers"):
        to_additive(torch.tensor([0.0, 1.0, 2.0], device=device), keeps=1)


def test_a_mask_of_ones_lets_the_future_through(device):
    layer = nn.MultiheadAttention(2, 1, batch_first=True, device=device)
    x = torch.randn(1, 3, 2, device=device)
    changed = torch.cat([x[:, :2], x[:, 2:] + 1], dim=1)
    with torch.device(device):
        first, other = attend_with_ones(layer, x), attend_with_ones(layer, changed)
    assert not torch.allclose(first[:, 0], other[:, 0])


def test_the_hint_replaces_a_mask_without_weights_and_not_with_them(device):
    layer = nn.MultiheadAttention(4, 1, batch_first=True, device=device)
    x = torch.randn(1, 3, 4, device=device)
    open_mask, hide = torch.zeros(3, 3, device=device), causal_hide(3, device)
    for need_weights, mask in [(True, open_mask), (False, hide)]:
        hinted, expected = [
            layer(x, x, x, need_weights=need_weights, **masks)[0]
            for masks in [{"attn_mask": open_mask, "is_causal": True}, {"attn_mask": mask}]]
        torch.testing.assert_close(hinted, expected)


def test_the_square_mask_needs_the_dtype_of_the_layer(device):
    layer = nn.MultiheadAttention(4, 1, batch_first=True, device=device, dtype=torch.float64)
    x = torch.randn(1, 3, 4, device=device, dtype=torch.float64)
    square = nn.Transformer.generate_square_subsequent_mask
    with pytest.raises(RuntimeError, match="must be the same"):
        layer(x, x, x, attn_mask=square(3, device=device))
    out = layer(x, x, x, attn_mask=square(3, device=device, dtype=torch.float64))[0]
    torch.testing.assert_close(out, layer(x, x, x, attn_mask=causal_hide(3, device))[0])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_number_that_the_dtype_rounds_is_found(device, dtype):
    mask = torch.tensor([0.1, 0.0], dtype=dtype, device=device)
    assert to_additive(mask, keeps=0.1).tolist() == [0, -torch.inf]


def test_the_hint_without_a_mask_is_silent_in_the_fast_path(device):
    layer = nn.MultiheadAttention(4, 2, batch_first=True, device=device).eval()
    x = torch.randn(1, 3, 4, device=device)
    with torch.no_grad():
        torch.testing.assert_close(layer(x, x, x, is_causal=True)[0], layer(x, x, x)[0])


def test_a_floating_mask_is_read_as_boolean_by_the_encoder_layer_in_its_fast_path():
    encoder = nn.TransformerEncoderLayer(8, 2, 8, dropout=0.0, batch_first=True).eval()
    x, infinite = torch.randn(1, 4, 8), torch.full((4, 4), -torch.inf).triu(1)
    bias = torch.full((4, 4), 0.5).triu(1)
    added, hidden = encoder(x, src_mask=bias), encoder(x, src_mask=bias.bool())
    with torch.no_grad():
        torch.testing.assert_close(encoder(x, src_mask=bias), hidden)
        torch.testing.assert_close(encoder(x, src_mask=infinite), hidden)
        torch.backends.mha.set_fastpath_enabled(False)
        try:
            torch.testing.assert_close(encoder(x, src_mask=bias), added)
        finally:
            torch.backends.mha.set_fastpath_enabled(True)
    assert not torch.allclose(added, hidden)
