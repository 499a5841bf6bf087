"""When the last position needs the mask, and what dropout does."""

import pytest
import torch
from torch import nn


def last_positions(layers, device):
    torch.manual_seed(0)
    layer = nn.TransformerDecoderLayer(
        16, 2, 32, dropout=0.0, batch_first=True, dtype=torch.float64)
    decoder = nn.TransformerDecoder(layer, layers).to(device)
    x, memory = torch.randn(2, 1, 6, 16, dtype=torch.float64,
                            device=device)
    mask = torch.full((6, 6), True, device=device).triu(1)
    return [decoder(x, memory, tgt_mask=m)[:, -1] for m in (mask, None)]


def test_one_layer_needs_no_mask_at_the_last_position(device):
    torch.testing.assert_close(*last_positions(1, device))


@pytest.mark.parametrize("layers", [2, 4])
def test_more_layers_need_the_mask(layers, device):
    causal, without = last_positions(layers, device)
    assert (causal - without).abs().max() > 1e-4


def test_dropout_is_on_in_training_mode_under_no_grad(device):
    layer = nn.TransformerDecoderLayer(16, 2, 32, batch_first=True)
    assert layer.dropout.p == 0.1
    decoder = nn.TransformerDecoder(layer, 1).to(device)
    x = torch.randn(1, 4, 16, device=device)
    with torch.no_grad():
        assert not decoder(x, x).equal(decoder(x, x))
        decoder.eval()
        torch.testing.assert_close(decoder(x, x), decoder(x, x))


def test_an_encoder_with_a_causal_mask_is_a_decoder_alone(device):
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    encoder = nn.TransformerEncoder(
        layer, 2, enable_nested_tensor=False).to(device).eval()
    x = torch.randn(1, 5, 16, device=device)
    mask = torch.full((5, 5), True, device=device).triu(1)
    later = x.clone()
    later[:, 3:] += 1
    a, b = encoder(x, mask=mask), encoder(later, mask=mask)
    torch.testing.assert_close(a[:, :3], b[:, :3])
    assert (a[:, 3:] - b[:, 3:]).abs().max() > 1e-3
