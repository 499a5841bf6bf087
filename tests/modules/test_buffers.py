import math

import pytest
import torch
import torch.nn.functional as F
import torch.nn.utils.prune
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from snippets.modules.buffers import CausalMask, SinusoidalPositions, assert_tensors_registered
from snippets.modules.wrong_buffers import MaskAsAttribute
from tests.awkward import Case, Guard, loads_after_meta


def holder(x, registers):
    module = nn.Module()
    if registers:
        module.register_buffer("held", x)
    else:
        module.held = x
    return module


def hidden(x):
    return torch.ones(3, 4, dtype=torch.bool, device=x.device).triu(2)


def table(x):
    rows = [[f(i / 10000 ** (j / 4)) for j in (0, 2) for f in (math.sin, math.cos)]
            for i in range(3)]
    return torch.tensor(rows, device=x.device)


AWKWARD = [
    Case(CausalMask, lambda kind, x: kind(8).to(x.device)(x), shape=(2, 3, 4), compiled=False,
         like=lambda x: x.masked_fill(hidden(x), -math.inf)),
    Case(SinusoidalPositions, lambda kind, x: kind(8, 4).to(x.device)(x), shape=(2, 3, 4),
         compiled=False, like=lambda x: x + table(x)),
    Guard(assert_tensors_registered, right=lambda guard, x: guard(holder(x, True)),
          wrong=lambda guard, x: guard(holder(x, False))),
]

FIXED_DEVICE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LEFT_BEHIND = {
    "cuda": "expected self and mask to be on the same device, but got mask on cpu and self on cuda",
    "meta": "not on the expected device",
}


def test_a_mask_as_plain_attribute_stays_behind_and_stops_the_forward(device):
    target = "meta" if device == "cpu" else device
    module = MaskAsAttribute(4).to(target)
    assert module.hidden.device.type == "cpu"
    with pytest.raises(RuntimeError, match=LEFT_BEHIND[target]):
        module(torch.zeros(2, 4, 4, device=target))


@pytest.mark.parametrize("module", [CausalMask(4), SinusoidalPositions(4, 4)])
def test_a_buffer_moves_and_the_forward_runs(device, module):
    target = "meta" if device == "cpu" else device
    assert module.to(target)(torch.zeros(2, 4, 4, device=target)).device.type == target


@FIXED_DEVICE
@given(length=st.integers(1, 7), spare=st.integers(0, 3), heads=st.integers(1, 3))
def test_causal_mask_is_the_mask_of_scaled_dot_product_attention(device, length, spare, heads):
    q, k, v = torch.randn(3, 2, heads, length, 4, dtype=torch.float64, device=device).unbind()
    mask = CausalMask(length + spare).to(device)
    weights = mask(q @ k.mT / 2).softmax(-1)
    torch.testing.assert_close(weights @ v, F.scaled_dot_product_attention(q, k, v, is_causal=True))


@FIXED_DEVICE
@given(keys=st.integers(1, 7), data=st.data())
def test_a_query_sees_the_same_keys_with_and_without_a_cache(device, keys, data):
    queries = data.draw(st.integers(1, keys))
    scores = torch.zeros(keys, keys, device=device)
    mask = CausalMask(7).to(device)
    assert torch.equal(mask(scores[-queries:]), mask(scores)[-queries:])


@pytest.mark.parametrize("shape", [(2, 5, 5), (4, 3), (2, 2)])
def test_causal_mask_refuses_scores_that_would_broadcast(device, shape):
    length = 1 if shape == (2, 2) else 4
    with pytest.raises(ValueError, match="do not fit"):
        CausalMask(length).to(device)(torch.zeros(shape, device=device))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_both_modules_keep_the_dtype_that_they_are_cast_to(device, dtype):
    x = torch.zeros(1, 4, 4, dtype=dtype, device=device)
    for module in CausalMask(4), SinusoidalPositions(4, 4):
        assert module.to(device, dtype)(x).dtype == dtype


def test_positions_hold_sines_and_cosines_at_far_tokens(device):
    far, features = 9999, 6
    table = SinusoidalPositions(far + 1, features).to(device).table
    assert table.dtype == torch.float32
    for j in range(features // 2):
        angle = far / 10000 ** (2 * j / features)
        want = torch.tensor([math.sin(angle), math.cos(angle)], device=device)
        torch.testing.assert_close(table[far, 2 * j:2 * j + 2], want)


@pytest.mark.parametrize("shape", [(1, 9, 4), (1, 8, 6), (1, 8, 1), (1, 0, 2)])
def test_positions_refuse_what_does_not_fit(device, shape):
    with pytest.raises(ValueError, match="does not fit"):
        SinusoidalPositions(8, 4).to(device)(torch.zeros(shape, device=device))


def test_positions_refuse_an_odd_number_of_features():
    with pytest.raises(ValueError, match="odd"):
        SinusoidalPositions(8, 5)


@pytest.mark.parametrize("source", [2, 8])
def test_a_checkpoint_loads_into_another_maximal_length(source):
    small, large = CausalMask(source), CausalMask(4)
    large.load_state_dict(small.state_dict())
    assert len(large.hidden) == 4


@pytest.mark.parametrize("value", [
    lambda x: x, lambda x: [x], lambda x: (1, x), lambda x: {"keys": [x]},
    lambda x: x.clone().requires_grad_()])
def test_the_guard_names_each_plain_attribute_that_holds_a_tensor(device, value):
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(CausalMask(4), nn.Module())).to(device)
    assert_tensors_registered(model)
    model[1][1].cache = value(torch.zeros(2, device=device))
    with pytest.raises(AssertionError, match=r"tensors: 1\.1\.cache;"):
        assert_tensors_registered(model)


def test_the_guard_fails_on_the_mask_and_passes_the_layers_of_torch(device):
    with pytest.raises(AssertionError, match="tensors: hidden;"):
        assert_tensors_registered(MaskAsAttribute(4).to(device))
    layer = nn.TransformerEncoderLayer(8, 2)
    parametrized = nn.utils.parametrizations.spectral_norm(nn.Linear(2, 2))
    for model in [nn.LSTM(2, 3, num_layers=2), nn.BatchNorm2d(3), nn.MultiheadAttention(4, 2),
                  nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), parametrized,
                  nn.ParameterList([torch.zeros(2)]), nn.CrossEntropyLoss(torch.ones(3))]:
        assert_tensors_registered(model.to(device))


def test_the_guard_does_not_see_what_the_page_says_it_does_not(device):
    model = nn.Module()
    model.layers = [nn.Linear(2, 2)]
    x = torch.zeros(2)
    model.closure = lambda: x
    assert_tensors_registered(model.to(device))


@pytest.mark.parametrize("make", [lambda: CausalMask(4), lambda: SinusoidalPositions(4, 2)])
def test_both_modules_are_right_after_meta_and_to_empty(make):
    assert loads_after_meta(make) == "equal"


@pytest.mark.filterwarnings("ignore:.*weight_norm")
def test_a_weight_that_is_computed_in_each_forward_is_no_alarm():
    for model in [nn.utils.weight_norm(nn.Linear(2, 2)), nn.utils.spectral_norm(nn.Linear(2, 2)),
                  nn.utils.prune.l1_unstructured(nn.Linear(2, 2), "weight", 1)]:
        assert_tensors_registered(model)


@pytest.mark.filterwarnings("ignore:.*weight_norm")
@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
@pytest.mark.parametrize("change", [
    nn.utils.weight_norm, nn.utils.spectral_norm, nn.utils.parametrizations.weight_norm,
    nn.utils.parametrizations.spectral_norm,
    lambda layer, name: nn.utils.prune.l1_unstructured(layer, name, 1)])
def test_an_rnn_whose_weight_is_computed_is_no_alarm(kind, change):
    model = change(kind(2, 2), "weight_hh_l0")
    assert_tensors_registered(model)
    model.state = torch.zeros(2)
    with pytest.raises(AssertionError, match="tensors: state;"):
        assert_tensors_registered(model)


def test_a_weight_pruned_twice_is_no_alarm():
    model = nn.Linear(4, 4)
    for _ in range(2):
        nn.utils.prune.l1_unstructured(model, "weight", 0.5)
    assert_tensors_registered(model)


@pytest.mark.parametrize("kind", [list, dict])
def test_a_list_that_holds_itself_is_looked_at_once(kind):
    model = nn.Module()
    model.held = kind()
    inner = (model.held, [model.held])
    model.held.extend(inner) if kind is list else model.held.update(a=inner)
    assert_tensors_registered(model)
    inner[1].append(torch.zeros(2))
    with pytest.raises(AssertionError, match="tensors: held;"):
        assert_tensors_registered(model)


@pytest.mark.parametrize("end", ["g", "orig"])
def test_a_plain_tensor_beside_a_parameter_of_like_name_is_noticed(end):
    model = nn.Module()
    model.scale = torch.ones(2)
    model.register_parameter(f"scale_{end}", nn.Parameter(torch.ones(2)))
    with pytest.raises(AssertionError, match="tensors: scale;"):
        assert_tensors_registered(model)


def test_a_weight_of_an_rnn_that_was_made_a_plain_tensor_is_noticed():
    model = nn.LSTM(2, 2)
    del model.weight_hh_l0
    model.weight_hh_l0 = torch.ones(8, 2)
    with pytest.raises(AssertionError, match="tensors: weight_hh_l0;"):
        assert_tensors_registered(model)


@pytest.mark.parametrize("hold", [lambda x: x, lambda x: [x], lambda x: {"keys": (x,)}])
def test_a_second_reference_to_a_buffer_is_left_behind_and_one_to_a_parameter_is_not(device, hold):
    model = nn.Linear(2, 2)
    model.register_buffer("mask", torch.ones(2))
    model.kept = [model.weight]
    assert_tensors_registered(model)
    model.again = hold(model.mask)
    with pytest.raises(AssertionError, match="tensors: again;"):
        assert_tensors_registered(model)
    mask = model.mask
    model.to(device, torch.float64)
    assert model.kept[0] is model.weight
    assert model.mask is not mask
    assert (mask.device.type, mask.dtype) == ("cpu", torch.float32)
