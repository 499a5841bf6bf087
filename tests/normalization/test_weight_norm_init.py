import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm


@pytest.mark.parametrize("wrap", [weight_norm, spectral_norm])
def test_a_tensor_is_assigned_and_a_parameter_refused(wrap, device):
    layer = wrap(nn.Linear(4, 4, device=device))
    before = list(layer.parameters())
    layer.weight = 3 * torch.eye(4, device=device)
    assert all(a is b for a, b in zip(before, layer.parameters(), strict=True))
    with pytest.raises(KeyError):
        layer.weight = nn.Parameter(torch.eye(4, device=device))


def test_each_change_in_place_is_lost(device):
    layer = weight_norm(nn.Linear(4, 4, device=device))
    before = layer.weight.clone()
    with torch.no_grad():
        layer.weight.fill_(1)
        layer.weight.mul_(2)
        layer.weight.data.copy_(torch.ones(4, 4))
        layer.weight[0] = 0
        layer.weight.clamp_(-0.01, 0.01)
    assert torch.equal(layer.weight, before)
