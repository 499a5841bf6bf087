import pytest
import torch
from torch import nn

from snippets.checkpoints.strict_false import assert_loads, load_except
from snippets.checkpoints.wrong_strict_false import load_what_fits
from snippets.guards.judge import Undecided
from tests.awkward import Case, Guard


def loaded(load, x):
    layer = nn.Linear(4, 3, bias=False)
    load(layer, {"weight": x, "old": x}, unexpected=("old",))
    return layer.weight.detach()


def check_load(check, x, state):
    layer = nn.Linear(4, 3, bias=False)
    check(layer, lambda: layer.load_state_dict(state(x), strict=False))


AWKWARD = [
    Case(load_except, loaded, like=lambda x: torch.zeros(3, 4).copy_(x), compiled=False),
    Guard(assert_loads, right=lambda check, x: check_load(check, x, lambda x: {"weight": x}),
          wrong=lambda check, x: check_load(check, x, lambda x: {"old": x}),
          outside={"one nan": "nan that `load` itself writes counts as not loaded"}),
]


def test_a_refused_load_changes_nothing():
    model = nn.Linear(2, 2)
    before = model.weight.detach().clone()
    with pytest.raises(ValueError, match="one side only: bias"):
        load_except(model, {"weight": torch.zeros(2, 2)})
    assert torch.equal(model.weight, before)


def test_each_list_excuses_its_own_side_only():
    model, state = nn.Linear(2, 2), {"weight": torch.zeros(2, 2), "scale": torch.ones(1)}
    with pytest.raises(ValueError, match="bias, scale"):
        load_except(model, state, missing=("scale",), unexpected=("bias",))
    load_except(model, state, missing=("bias",), unexpected=("scale",))
    assert model.weight.eq(0).all()


def test_a_size_that_differs_raises():
    with pytest.raises(RuntimeError, match="size mismatch for bias"):
        load_except(nn.Linear(2, 2), nn.Linear(2, 1).state_dict())


@pytest.mark.parametrize("build", [
    lambda: nn.BatchNorm1d(2), lambda: nn.Sequential(nn.Linear(2, 2), nn.BatchNorm2d(2)),
    lambda: nn.InstanceNorm1d(2, track_running_stats=True)])
def test_a_file_without_a_count_of_batches_loads_where_torch_takes_it(build):
    state = build().state_dict()
    name = next(k for k in state if k.endswith("num_batches_tracked"))
    del state[name]
    build().load_state_dict(dict(state))
    load_except(build(), dict(state))
    with pytest.raises(RuntimeError, match=name):
        build().load_state_dict(state)
    with pytest.raises(ValueError, match=name):
        load_except(build(), state)


def test_a_buffer_of_that_name_outside_a_norm_is_asked_for():
    model = nn.Module()
    model.register_buffer("num_batches_tracked", torch.tensor(0))
    with pytest.raises(ValueError, match="num_batches_tracked"):
        load_except(model, {})


def test_throwing_the_result_away_leaves_a_renamed_layer_random():
    source, target = nn.Sequential(nn.Linear(2, 2)), nn.ModuleDict({"a": nn.Linear(2, 2)})
    before = target["a"].weight.detach().clone()
    load_what_fits(target, source.state_dict())
    assert torch.equal(target["a"].weight, before)


def test_the_guard_gives_back_what_is_not_loaded():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    before = {key: x.clone() for key, x in model.state_dict().items()}
    with pytest.raises(AssertionError, match=r"0.weight, 0.bias, 1.weight, 1.bias, 1.running_mean"):
        assert_loads(model, lambda: None)
    assert all(torch.equal(x, before[key]) for key, x in model.state_dict().items())


def test_the_guard_passes_where_a_whole_state_is_loaded():
    model, other = (nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)) for _ in range(2))
    assert_loads(model, lambda: model.load_state_dict(other.state_dict()))
    assert torch.equal(model[0].weight, other[0].weight)


def test_the_guard_finds_half_a_tensor_and_gives_back_the_other_half():
    model = nn.Linear(2, 2, bias=False)
    before = model.weight.detach().clone()
    with pytest.raises(AssertionError, match="not loaded: weight"):
        assert_loads(model, lambda: model.weight.data[0].zero_())
    assert model.weight[0].eq(0).all()
    assert torch.equal(model.weight[1], before[1])


def test_the_guard_finds_a_complex_parameter():
    with pytest.raises(AssertionError, match="not loaded: weight, bias"):
        assert_loads(nn.Linear(2, 2, dtype=torch.complex64), lambda: None)


def test_the_guard_leaves_extra_state_and_integers_alone():
    class Extra(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 2)
            self.register_buffer("order", torch.arange(3))

        def get_extra_state(self):
            return {"step": 3}

        def set_extra_state(self, state):
            pass

    model = Extra()
    assert_loads(model, lambda: model.load_state_dict(Extra().state_dict()))
    with pytest.raises(AssertionError, match=r"not loaded: layer.weight, layer.bias$"):
        assert_loads(model, lambda: None)
    assert model.order.tolist() == [0, 1, 2]


def test_a_buffer_without_elements_is_no_alarm():
    model = nn.Linear(2, 2)
    model.register_buffer("empty", torch.zeros(0))
    assert_loads(model, lambda: model.weight.data.zero_(), new=("bias",))


@pytest.mark.parametrize(("buffer", "new"), [
    (torch.zeros(0), ()), (torch.arange(3), ()), (torch.ones(2), ("buffer",))])
def test_the_guard_is_undecided_where_nothing_is_to_be_loaded(buffer, new):
    model = nn.Module()
    model.register_buffer("buffer", buffer)
    with pytest.raises(Undecided, match="no number that is to be loaded"):
        assert_loads(model, lambda: None, new)


def test_the_guard_gives_the_numbers_back_where_load_raises():
    model = nn.Linear(2, 2)
    before = model.weight.detach().clone()
    with pytest.raises(RuntimeError, match="Missing key"):
        assert_loads(model, lambda: model.load_state_dict({}))
    assert torch.equal(model.weight, before)


def test_a_model_on_meta_is_refused_before_torch_loads_nothing_into_it():
    state = {"weight": torch.ones(1, 2), "bias": torch.ones(1)}
    with pytest.raises(RuntimeError, match="on meta"):
        load_except(nn.Linear(2, 1, device="meta"), state)


def test_an_expanded_buffer_is_left_as_it_is():
    model = nn.Linear(2, 1)
    model.register_buffer("mask", torch.zeros(1).expand(4))
    state = {"weight": torch.ones(1, 2), "bias": torch.ones(1)}
    assert_loads(model, lambda: model.load_state_dict(state, strict=False), new=("mask",))
    assert model.mask.tolist() == [0, 0, 0, 0]


def test_a_model_partly_on_meta_is_refused_before_nan_is_written():
    model = nn.Sequential(nn.Linear(2, 1), nn.Linear(2, 1, device="meta"))
    with pytest.raises(RuntimeError, match="on meta"):
        assert_loads(model, lambda: None)
    assert model[0].weight.isfinite().all()


def test_a_sparse_buffer_is_left_alone():
    model = nn.Linear(2, 1)
    model.register_buffer("adjacency", torch.eye(2).to_sparse())
    state = {"weight": torch.ones(1, 2), "bias": torch.ones(1)}
    assert_loads(model, lambda: model.load_state_dict(state, strict=False))


@pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")
def test_keys_that_a_module_renames_while_it_loads_are_refused():
    state = nn.utils.weight_norm(nn.Linear(2, 2)).state_dict()
    model = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    model.load_state_dict(state)
    with pytest.raises(ValueError, match="weight_g, weight_v"):
        load_except(model, state)


def test_a_lazy_parameter_takes_any_size():
    assert nn.LazyLinear(3).load_state_dict(nn.Linear(7, 4).state_dict()).missing_keys == []


@pytest.mark.parametrize("make", [
    lambda: nn.LazyLinear(3), lambda: nn.Sequential(nn.Linear(2, 2), nn.LazyBatchNorm1d())])
def test_a_lazy_layer_is_undecided(make):
    model = make()
    with pytest.raises(Undecided, match="lazy layer has no numbers yet"):
        assert_loads(model, lambda: None)
    model(torch.ones(2, 2))
    state = make()
    state(torch.zeros(2, 2))
    assert_loads(model, lambda: model.load_state_dict(state.state_dict()))


def test_a_tensor_that_load_adds_or_replaces_with_nan_is_named():
    model = nn.Linear(2, 2)
    nan = torch.full((3,), torch.nan)

    def load():
        model.register_buffer("added", nan.clone())
        model.bias = nn.Parameter(nan.clone())
        model.weight = nn.Parameter(torch.ones(2, 2, dtype=torch.bfloat16))

    with pytest.raises(AssertionError, match="not loaded: bias, added"):
        assert_loads(model, load)
    assert model.bias.isnan().all()


def test_a_load_that_casts_gives_the_numbers_back_in_the_new_dtype():
    model = nn.Linear(2, 2)
    before = model.weight.detach().clone()
    with pytest.raises(AssertionError, match="not loaded: weight, bias"):
        assert_loads(model, model.double)
    assert torch.equal(model.weight, before.double())


def test_a_load_that_moves_the_model_to_meta_raises():
    model = nn.Linear(2, 2)
    with pytest.raises(RuntimeError, match="meta"):
        assert_loads(model, lambda: model.to("meta"))
