"""Dropout layers that train inside of modules in eval mode, where the page's loop is too little."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

KINDS = (
    nn.Dropout,
    nn.Dropout1d,
    nn.Dropout2d,
    nn.Dropout3d,
    nn.AlphaDropout,
    nn.FeatureAlphaDropout,
)


def test_torch_has_these_six_dropout_layers():
    assert {
        layer
        for name, layer in vars(nn).items()
        if name.endswith(("Dropout", "Dropout1d", "Dropout2d", "Dropout3d"))
    } == set(KINDS)


@pytest.mark.parametrize("count", [0, 2])
def test_an_encoder_layer_in_eval_mode_skips_its_dropout_layers(count, device):
    torch.set_default_device(None)
    torch.manual_seed(0)
    model = nn.TransformerEncoderLayer(8, 2, 16, 0.5, batch_first=True, device=device)
    if count:
        model = nn.TransformerEncoder(model, count)
    model.eval()
    for layer in model.modules():
        if isinstance(layer, KINDS):
            layer.train()
    x = torch.randn(2, 4, 8, device=device)
    with torch.no_grad():
        assert torch.equal(model(x), model(x))
        for layer in model.modules():
            if isinstance(layer, nn.TransformerEncoderLayer):
                layer.training = True
        assert not torch.equal(model(x), model(x))


class Block(nn.Module):
    def __init__(self, device):
        super().__init__()
        self.norm = nn.BatchNorm1d(8, device=device)

    def forward(self, x):
        return F.dropout(self.norm(x), 0.5, self.training)


def test_training_of_a_block_alone_switches_its_function_and_not_its_batch_norm(device):
    block, x = Block(device).eval(), torch.randn(4, 8, device=device)
    assert torch.equal(block(x), block(x))
    block.training = True
    assert not torch.equal(block(x), block(x))
    assert not block.norm.training
    assert not block.norm.running_mean.any()
    block.train()
    assert block.norm.training
