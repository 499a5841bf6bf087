import random

import numpy as np
import pytest
import torch
from torch import nn

from snippets.devices.determinism import assert_repeats, reproducible
from snippets.devices.wrong_determinism import seed_only
from snippets.guards.judge import Undecided
from tests.awkward import Guard, LeftOut


def runs(*results):
    """A run that gives another of the results each time."""
    return iter(results).__next__


AWKWARD = [
    LeftOut(reproducible, "it takes a seed; the tests below try what it sets and gives back"),
    Guard(assert_repeats, right=lambda guard, x: guard(lambda: [x, torch.rand(2)]),
          wrong=lambda guard, x: guard(runs(x, x.reshape(-1)[:-1])), batch=None),
]


def draws(device):
    return torch.rand(4, device=device).tolist(), torch.rand(4).tolist(), random.random()


def test_one_seed_gives_one_sequence_and_another_gives_another(device):
    seen = []
    for seed in [0, 0, 1]:
        with reproducible(seed):
            seen.append(draws(device))
    assert seen[0] == seen[1]
    assert seen[0][0] != seen[2][0]
    assert seen[0][2] != seen[2][2]


@pytest.mark.parametrize("mode", [0, 1, 2])
@pytest.mark.parametrize("benchmark", [True, False])
def test_what_was_set_is_given_back_after_an_error_too(device, mode, benchmark):
    torch.set_deterministic_debug_mode(mode)
    torch.backends.cudnn.benchmark = benchmark
    seed_only(7)
    expected = draws(device)
    seed_only(7)
    try:
        with reproducible(0):
            assert torch.get_deterministic_debug_mode() == 2
            assert not torch.backends.cudnn.benchmark
            draws(device)
        with pytest.raises(ZeroDivisionError), reproducible(0):
            raise ZeroDivisionError
        assert torch.get_deterministic_debug_mode() == mode
        assert torch.backends.cudnn.benchmark == benchmark
        assert draws(device) == expected
    finally:
        torch.set_deterministic_debug_mode(0)
        torch.backends.cudnn.benchmark = False


def test_a_seed_leaves_an_operation_without_an_order_as_it_is(device):
    places = torch.tensor([0, 0], device=device)
    seed_only(0)
    torch.zeros(3, device=device).put_(places, torch.ones(2, device=device))
    with reproducible(0), pytest.raises(RuntimeError, match="put_ does not have a deterministic"):
        torch.zeros(3, device=device).put_(places, torch.ones(2, device=device))


def train(device):
    model = nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1)).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(3):
        optimizer.zero_grad()
        loss = model(torch.randn(16, 4, device=device)).square().mean()
        loss.backward()
        optimizer.step()
    return {"loss": loss, "state": model.state_dict(), "steps": 3, "nan": float("nan")}


def test_the_guard_passes_a_run_that_makes_all_anew(device):
    assert_repeats(lambda: train(device))
    assert_repeats(lambda: (random.random(), torch.rand(3, device=device) > 0.5))
    assert_repeats(lambda: np.random.default_rng(0).random(3).tolist())


def test_the_guard_finds_what_the_seed_does_not_reach(device):
    own, generator = torch.Generator(device), np.random.default_rng(0)
    model = nn.Linear(2, 1, device=device)
    kept = []

    def step():
        loss = model(torch.ones(1, 2, device=device)).square().sum()
        loss.backward()
        return model.weight.grad

    for run in [
            lambda: torch.rand(2, generator=own, device=device),
            lambda: [0, {"x": generator.random()}],
            lambda: kept.append(0) or len(kept),
            step]:
        with pytest.raises(AssertionError, match="is another in the second run"):
            assert_repeats(run)


def test_the_guard_finds_one_bit(device):
    ones = iter([1.0, 1.0 + 2**-23])
    with pytest.raises(AssertionError, match="output 1 is another"):
        assert_repeats(lambda: (5, torch.full((3,), next(ones), device=device)))


def test_the_guard_compares_floats_as_they_are():
    for results in [(1 + 1e-12, 1.0), (2**70, 2**70 + 1), (np.int64(1), np.int64(2)), (1j, 2j)]:
        with pytest.raises(AssertionError, match="output 0 is another"):
            assert_repeats(runs(*results))
        assert_repeats(runs(results[0], results[0]))


def test_the_inductor_is_left_as_it_was():
    from torch._inductor import config
    with reproducible(0):
        assert config.deterministic
    assert not config.deterministic


@pytest.mark.parametrize("results", [
    (torch.zeros(3), torch.zeros(1)), (torch.zeros(3), torch.zeros(1, 3)),
    (torch.zeros(3), torch.zeros(3).double()), ([1, 2], [1]), ([1], [1, 2])])
def test_another_shape_dtype_or_number_of_outputs_is_another_result(results):
    with pytest.raises(AssertionError, match="second"):
        assert_repeats(runs(*results))


def test_the_guard_says_what_it_cannot_compare(device):
    for run in [lambda: [], lambda: torch.zeros(2, device="meta")]:
        with pytest.raises(Undecided):
            assert_repeats(run)
    for run in [lambda: None, lambda: [1.0, "accuracy"]]:
        with pytest.raises(TypeError, match="is no number"):
            assert_repeats(run)
    assert_repeats(lambda: torch.eye(2, device=device).to_sparse())
    assert torch.get_deterministic_debug_mode() == 0


@pytest.mark.parametrize(("name", "raises"), [
    ("nn.Conv2d", False), ("torch.index_add", False), ("Tensor.scatter_add_", False),
    ("torch.index_select", False), ("torch.gather", False),
    ("interpolate", True), ("grid_sample", True), ("AdaptiveAvgPool2d", True),
    ("ReflectionPad2d", True), ("bicubic", True), ("torch.bincount", True),
    ("torch.cumsum", torch.__version__ < "2.15"),
    ("Tensor.put_` when ``accumulate=False", True), ("MaxUnpool2d", True)])
def test_the_table_says_what_the_documentation_of_torch_says(name, raises):
    has_an_order, _, refused = torch.use_deterministic_algorithms.__doc__.partition(
        "operations will throw")
    assert (name in refused, name in has_an_order) == (raises, not raises)


def test_a_maximum_is_not_unpooled_in_the_mode_on_any_device(device):
    x = torch.ones(1, 1, 1, 1, device=device)
    with reproducible(0), pytest.raises(RuntimeError, match="max_unpooling2d"):
        nn.MaxUnpool2d(2)(x, torch.zeros_like(x, dtype=torch.int64))
