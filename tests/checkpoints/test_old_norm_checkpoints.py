import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize

pytestmark = pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")

NORMS = {"old weight": nn.utils.weight_norm, "new weight": parametrizations.weight_norm,
         "old spectral": nn.utils.spectral_norm, "new spectral": parametrizations.spectral_norm}


@pytest.mark.parametrize(("saved", "into"), [
    ("new weight", "old weight"), ("old spectral", "new spectral"),
    ("new spectral", "old spectral")])
def test_with_strict_false_the_parameters_stay(saved, into):
    model = NORMS[into](nn.Linear(4, 3, bias=False))
    before = [p.detach().clone() for p in model.parameters()]
    model.load_state_dict(NORMS[saved](nn.Linear(4, 3, bias=False)).state_dict(), strict=False)
    assert all(map(torch.equal, before, model.parameters()))


def test_a_plain_dict_of_old_weight_norm_loads_into_the_new():
    state = dict(nn.utils.weight_norm(nn.Conv1d(2, 3, 1)).state_dict())
    parametrizations.weight_norm(nn.Conv1d(2, 3, 1)).load_state_dict(state)


@pytest.mark.parametrize("kind", NORMS)
def test_the_weight_is_no_parameter(kind):
    assert not isinstance(NORMS[kind](nn.Linear(2, 2)).weight, nn.Parameter)


def test_each_read_turns_the_vectors_of_spectral_norm():
    torch.manual_seed(0)
    layer = parametrizations.spectral_norm(nn.Linear(9, 9), n_power_iterations=1)
    u = layer.parametrizations.weight[0]._u
    before = u.clone()
    assert layer.weight is not None
    assert not torch.equal(u, before)
    before = u.clone()
    assert layer.eval().weight is not None
    assert torch.equal(u, before)
    layer.train()
    with parametrize.cached():
        assert layer.weight is layer.weight


@pytest.mark.parametrize(("kind", "remove"), [
    ("old weight", nn.utils.remove_weight_norm), ("old spectral", nn.utils.remove_spectral_norm),
    ("new weight", lambda layer: parametrize.remove_parametrizations(layer, "weight")),
    ("new spectral", lambda layer: parametrize.remove_parametrizations(layer, "weight"))])
def test_a_folded_layer_has_plain_keys_and_the_same_output(kind, remove):
    layer, x = NORMS[kind](nn.Linear(2, 3)).eval(), torch.ones(1, 2)
    y = layer(x)
    remove(layer)
    assert sorted(layer.state_dict()) == ["bias", "weight"]
    torch.testing.assert_close(layer(x), y)


@pytest.mark.parametrize("kind", NORMS)
def test_a_layer_is_copied_after_a_forward_without_gradients(kind):
    layer = NORMS[kind](nn.Linear(2, 2))
    with torch.no_grad():
        layer(torch.ones(1, 2))
    copy.deepcopy(layer)


@pytest.mark.parametrize(("kind", "shared"), [
    ("old weight", False), ("new weight", False), ("old spectral", True), ("new spectral", False)])
def test_only_a_fresh_old_spectral_norm_keeps_an_init_of_its_weight(kind, shared):
    layer = NORMS[kind](nn.Linear(2, 2))
    before = [p.detach().clone() for p in layer.eval().parameters()]
    with torch.no_grad():
        layer.weight.fill_(7)
    assert all(map(torch.equal, before, layer.parameters())) is not shared
