import pytest
import torch
from torch import nn

from snippets.checkpoints.state_dict_keys import assert_keys_of, unwrapped, with_keys_of
from tests.awkward import Case, LeftOut

AWKWARD = [
    LeftOut(unwrapped, "it takes a module"),
    Case(with_keys_of, lambda f, x: f(nn.Linear(4, 3), {"module.weight": x})["weight"],
         like=lambda x: x, compiled=False),
    LeftOut(assert_keys_of, "it takes names"),
]


def compiled(model):
    return torch.compile(model, backend="eager")


def test_wrappers_inside_each_other_come_off_in_any_order():
    model = nn.Linear(2, 2)
    assert unwrapped(compiled(nn.DataParallel(compiled(model)))) is model
    assert unwrapped(nn.DataParallel(nn.DataParallel(model))) is model


def test_a_submodule_called_module_is_not_a_wrapper():
    model = nn.Sequential()
    model.module = nn.Linear(2, 2)
    assert unwrapped(model) is model
    state = nn.DataParallel(model).state_dict()
    assert list(with_keys_of(model, state)) == list(model.state_dict())


def test_a_submodule_called_orig_mod_counts_as_compiled():
    model = nn.Module()
    model._orig_mod = nn.Linear(2, 2)
    assert unwrapped(model) is model._orig_mod


def test_a_wrapped_part_is_matched_in_both_directions():
    plain = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    part = nn.Sequential(compiled(nn.Linear(2, 2)), nn.BatchNorm1d(2))
    for source, target in [(plain, part), (part, plain)]:
        target.load_state_dict(with_keys_of(target, source.state_dict()))
        assert torch.equal(unwrapped(source[0]).weight, unwrapped(target[0]).weight)


@pytest.mark.parametrize("in_model", [False, True])
def test_two_keys_that_differ_by_a_wrapper_only_are_refused(in_model):
    both = nn.Module()
    both.weight = nn.Parameter(torch.zeros(1))
    both.module = nn.Module()
    both.module.weight = nn.Parameter(torch.ones(1))
    one = nn.Linear(1, 1, bias=False)
    model, state = (both, one) if in_model else (one, both)
    with pytest.raises(ValueError, match="wrapper's name only"):
        with_keys_of(model, state.state_dict())


def test_the_versions_of_the_modules_come_along():
    def build():
        return nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))

    plain = build()
    for save in [lambda m: m, nn.DataParallel, compiled]:
        for target in [build(), nn.DataParallel(build()), compiled(build())]:
            state = with_keys_of(target, save(plain).state_dict())
            wanted = target.state_dict()._metadata
            assert {k: v for k, v in state._metadata.items() if k in wanted} == wanted
            del state[next(k for k in state if k.endswith("num_batches_tracked"))]
            with pytest.raises(RuntimeError, match="num_batches_tracked"):
                target.load_state_dict(state)


def test_a_part_of_ones_own_called_module_stays_where_the_model_lacks_it():
    state = {"encoder.module.weight": torch.ones(1), "module.weight": torch.ones(2, 2)}
    found = with_keys_of(nn.Linear(2, 2), state)
    assert list(found) == ["encoder.module.weight", "weight"]
    assert not hasattr(found, "_metadata")


@pytest.mark.parametrize("saved", [["weight"], ["weight", "bias", "scale"]])
def test_the_guard_fails_on_a_key_too_few_and_one_too_many(saved):
    with pytest.raises(AssertionError, match=r"differ in keys \((bias|scale)\)"):
        assert_keys_of(saved, nn.Linear(2, 2))


def test_an_optimizer_of_named_parameters_loads_into_one_without_the_prefix():
    source, target = compiled(nn.Linear(2, 1)), nn.Linear(2, 1)
    trained = torch.optim.SGD(source.named_parameters(), lr=0.1, momentum=0.9)
    source(torch.ones(1, 2)).sum().backward()
    trained.step()
    loaded = torch.optim.SGD(target.named_parameters(), lr=0.1, momentum=0.9)
    loaded.load_state_dict(trained.state_dict())
    assert loaded.state[target.weight]["momentum_buffer"].tolist() == [[1, 1]]
