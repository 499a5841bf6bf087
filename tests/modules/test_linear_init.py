import inspect

import pytest
import torch
import torch.nn.utils.prune
from torch import nn
from torch.nn.utils import parametrizations

from snippets.guards.judge import Undecided
from snippets.modules.linear_init import assert_signal_kept, init_for_relu
from tests.awkward import Guard, LeftOut

AWKWARD = [
    LeftOut(init_for_relu, "takes a module; the tests below give it each kind of layer"),
    Guard(assert_signal_kept, right=lambda check, x: check(nn.Identity(), x),
          wrong=lambda check, x: check(nn.Threshold(torch.inf, 0.0), x)),
]
ONE_D = {"Linear": nn.Linear, "Conv1d": nn.Conv1d, "Conv2d": nn.Conv2d, "Conv3d": nn.Conv3d}
KERNELS = {"Conv1d": 27, "Conv2d": (3, 9), "Conv3d": 3}


def layer_of(name, fan_in, out):
    if name == "Linear":
        return nn.Linear(fan_in, out)
    return getattr(nn, name)(fan_in // 27, out, KERNELS[name])


@pytest.mark.parametrize("name", sorted(ONE_D))
def test_the_default_is_uniform_up_to_one_over_the_root_of_fan_in(device, name):
    torch.manual_seed(0)
    layer = layer_of(name, 270, 500).to(device)
    for each in (layer.weight, layer.bias):
        assert 0.97 < each.abs().max().item() * 270**0.5 <= 1 + 1e-6
    assert abs(layer.weight.double().var().item() * 3 * 270 - 1) < 0.02


@pytest.mark.parametrize("name", sorted(ONE_D))
def test_the_variance_is_two_over_fan_in(device, name):
    torch.manual_seed(0)
    layer = layer_of(name, 270, 500).to(device)
    init_for_relu(layer)
    assert abs(layer.weight.double().var().item() * 270 / 2 - 1) < 0.05
    assert not layer.bias.any()
    init_for_relu(nn.Linear(3, 4, bias=False))


@pytest.mark.parametrize("make", [
    lambda: nn.LayerNorm(3), lambda: nn.Embedding(3, 3), lambda: nn.ConvTranspose2d(3, 3, 2),
    lambda: nn.LSTM(3, 3), lambda: nn.Bilinear(3, 3, 3)])
def test_other_layers_are_left_alone(device, make):
    layer = make().to(device)
    before = [p.detach().clone() for p in layer.parameters()]
    init_for_relu(layer)
    assert all(torch.equal(p, old) for p, old in zip(layer.parameters(), before, strict=True))


@pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")
@pytest.mark.parametrize("norm", [
    parametrizations.weight_norm, parametrizations.spectral_norm, nn.utils.weight_norm])
def test_a_computed_weight_is_refused_because_a_draw_would_be_lost(norm):
    layer = norm(nn.Linear(3, 4))
    nn.init.ones_(layer.bias)
    with pytest.raises(TypeError, match="weight is computed"):
        init_for_relu(layer)
    assert layer.bias.detach().eq(1).all()


def test_a_computed_bias_is_refused_before_any_change():
    layer = nn.utils.prune.l1_unstructured(nn.Linear(3, 4), "bias", 1)
    before = layer.weight.detach().clone()
    with pytest.raises(TypeError, match="bias is computed"):
        init_for_relu(layer)
    assert torch.equal(layer.weight, before)


def test_both_ways_to_lose_a_signal_are_told(device):
    x = torch.randn(4, 3, device=device)
    for factor, message in [(0.01, "fades"), (100.0, "grows"), (float("nan"), "grows")]:
        layer = nn.Linear(3, 3, bias=False).to(device)
        with torch.no_grad():
            layer.weight.copy_(torch.eye(3) * factor)
        with pytest.raises(AssertionError, match=message):
            assert_signal_kept(layer, x)


@pytest.mark.parametrize("bias", [0.0, 0.3])
def test_a_last_layer_that_starts_at_zero_decides_nothing(device, bias):
    hidden = [nn.Linear(3, 8), nn.ReLU()]
    model = nn.Sequential(*hidden, nn.Linear(8, 3)).to(device)
    nn.init.zeros_(model[2].weight)
    nn.init.constant_(model[2].bias, bias)
    x = torch.randn(5, 3, device=device)
    with pytest.raises(Undecided, match=r"^2\.weight is all zeros"):
        assert_signal_kept(model, x)
    assert_signal_kept(nn.Sequential(*hidden), x)


def test_a_bias_does_not_hide_that_the_samples_fade(device):
    layer = nn.Linear(3, 3).to(device)
    nn.init.ones_(layer.bias)
    nn.init.constant_(layer.weight, 1e-3)
    with pytest.raises(AssertionError, match="fades"):
        assert_signal_kept(layer, torch.randn(4, 3, device=device))


def test_the_check_leaves_statistics_gradients_and_random_draws_as_they_were(device):
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5)).to(device)
    x = torch.randn(64, 3, device=device)
    state = torch.get_rng_state()
    assert_signal_kept(model, x)
    assert model[0].num_batches_tracked.item() == 0
    assert model.training
    assert torch.equal(torch.get_rng_state(), state)


def test_ids_are_refused_and_equal_samples_decide_nothing(device):
    with pytest.raises(TypeError, match="give it features"):
        assert_signal_kept(nn.Embedding(5, 2), torch.tensor([1, 2]))
    for x in (torch.ones(4, 3), torch.ones(1, 3), torch.full((4, 3), torch.nan)):
        with pytest.raises(Undecided):
            assert_signal_kept(nn.ReLU(), x.to(device))


@pytest.mark.parametrize("seed", range(5))
def test_thirty_layers_of_he_pass_and_four_of_the_default_fail(device, seed):
    torch.manual_seed(seed)

    def stack(depth):
        pairs = [(nn.Linear(256, 256), nn.ReLU()) for _ in range(depth)]
        return nn.Sequential(*[layer for pair in pairs for layer in pair]).to(device)

    x = torch.randn(64, 256, device=device)
    assert_signal_kept(stack(30).apply(init_for_relu), x)
    with pytest.raises(AssertionError, match="fades"):
        assert_signal_kept(stack(4), x)


def test_torch_writes_the_root_of_five():
    assert "a=math.sqrt(5)" in inspect.getsource(nn.Linear.reset_parameters)


def test_a_model_that_writes_into_its_input_leaves_the_samples_alone(device):
    x = torch.randn(64, 3, device=device)
    before = x.clone()
    assert_signal_kept(nn.ReLU(inplace=True), x)
    assert torch.equal(x, before)


def test_a_lazy_layer_raises_torchs_error():
    with pytest.raises(RuntimeError, match="uninitialized"):
        init_for_relu(nn.LazyLinear(2))
