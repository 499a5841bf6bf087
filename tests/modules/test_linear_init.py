import pytest
import torch
from torch import nn

from snippets.modules.linear_init import assert_signal_kept, init_for_relu


@pytest.mark.parametrize("make", [
    lambda: nn.Linear(400, 500), lambda: nn.Conv2d(16, 500, 5), lambda: nn.Conv1d(80, 500, 5),
    lambda: nn.Linear(400, 500, bias=False)])
def test_the_variance_is_two_over_fan_in(device, make):
    torch.manual_seed(0)
    layer = make().to(device)
    init_for_relu(layer)
    assert abs(layer.weight.var().item() * 400 / 2 - 1) < 0.05
    assert layer.bias is None or not layer.bias.any()


def test_other_layers_are_left_alone(device):
    norm = nn.LayerNorm(3).to(device)
    init_for_relu(norm)
    assert (norm.weight == 1).all()


def test_both_ways_to_lose_a_signal_are_told(device):
    x = torch.ones(2, 3, device=device)
    layer = nn.Linear(3, 3, bias=False).to(device)
    for weight, message in [(0.01, "fades"), (100.0, "grows")]:
        nn.init.constant_(layer.weight, weight)
        with pytest.raises(AssertionError, match=message):
            assert_signal_kept(layer, x)
