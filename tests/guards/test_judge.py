import math

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from snippets.guards.judge import Undecided, judge, tensors_along

FIXED_DEVICE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def verdict(noise, signal, leak, device="cpu", **options):
    """Judge three made-up distances; a run that is repeated differs by `noise`."""
    values = iter([0.0, noise])
    try:
        judge(lambda: torch.tensor([next(values)], device=device),
              own=lambda: torch.tensor([signal], device=device),
              other=lambda: torch.tensor([leak], device=device),
              message="leaks", **options)
    except AssertionError:
        return "fail"
    except Undecided:
        return "undecided"
    return "pass"


@FIXED_DEVICE
@given(st.sampled_from([0, 1, 10]), st.integers(0, 1200), st.integers(0, 120))
def test_the_verdict_is_the_rule(device, noise, signal, leak):
    expected = ("fail" if leak > max(10 * noise, 1e-4 * signal)
                else "undecided" if signal == 0 or signal <= 100 * noise else "pass")
    assert verdict(float(noise), float(signal), float(leak), device) == expected


@pytest.mark.parametrize(("distances", "expected"), [
    ((0, 1, 0), "pass"), ((0, 1, 1e-5), "pass"), ((0, 1, 2e-4), "fail"), ((0, 0, 0), "undecided"),
    ((0, 0, 1), "fail"), ((0, 1, math.nan), "fail"), ((0, 1, math.inf), "fail"),
    ((math.nan, 1, 0), "undecided"), ((math.inf, math.inf, math.inf), "undecided"),
    ((0, math.nan, 0), "undecided"), ((0, math.inf, 1), "undecided")])
def test_borders_and_numbers_that_are_none(device, distances, expected):
    assert verdict(*map(float, distances), device) == expected


def test_nan_in_the_same_place_is_no_leak(device):
    x = torch.tensor([math.nan, math.inf, -math.inf, 1.0], device=device)
    own = torch.tensor([math.nan, math.inf, -math.inf, 2.0], device=device)
    judge(x.clone, own=own.clone, other=x.clone, message="leaks")


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64, torch.uint8, torch.float16,
                                   torch.bfloat16, torch.float64, torch.complex64])
def test_every_dtype_is_compared(device, dtype):
    a, b = torch.tensor([[0, 1], [0, 0]], device=device).to(dtype).unbind()
    judge(lambda: a, own=lambda: b, other=lambda: a, message="leaks")
    with pytest.raises(AssertionError, match="leaks"):
        judge(lambda: a, own=lambda: b, other=lambda: b, message="leaks")


def test_each_output_of_a_tuple_has_its_own_signal(device):
    large, small = torch.tensor([1e9, 1.0], device=device).unbind()
    with pytest.raises(AssertionError, match="leaks"):
        judge(lambda: (large, small), own=lambda: (-large, -small),
              other=lambda: (large, small / 2), message="leaks")
    with pytest.raises(Undecided, match="leaves the output"):
        judge(lambda: (large, small), own=lambda: (-large, small),
              other=lambda: (large, small), message="leaks")


def test_another_shape_is_a_leak(device):
    one = torch.ones(1, 2, device=device)
    with pytest.raises(AssertionError, match="leaks"):
        judge(lambda: one, own=lambda: -one, other=lambda: one[0], message="leaks")


def test_no_output_is_undecided():
    with pytest.raises(Undecided, match="no output"):
        judge(tuple, own=tuple, other=tuple, message="leaks")


class Stateful(nn.Module):
    """A module that changes a buffer, an attribute and its own weight in each call."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Dropout())
        self.seen = []

    def forward(self, x):
        self.seen.append(len(x))
        with torch.no_grad():
            self.layer[0].weight.add_(1)
        return self.layer(x) * len(self.seen)


@pytest.mark.parametrize("mode", [True, False])
@pytest.mark.parametrize("double", [True, False])
@pytest.mark.parametrize("leak", [0, 1])
def test_everything_is_left_as_it_was(device, mode, double, leak):
    model = Stateful().to(device).train(mode)
    model.layer[1].eval()
    x = torch.randn(4, 3, device=device, dtype=torch.float64 if double else torch.float32)
    model.layer[0].weight.grad = torch.ones(3, 3, device=device)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    modes = [part.training for part in model.modules()]
    call, state = nn.Module.__call__, torch.get_rng_state()

    def run(x):
        out = model(x)
        if out.requires_grad:
            out.sum().backward()
        return out

    if double:
        with pytest.raises(RuntimeError, match="dtype"):
            model(x)
        model.seen.clear()
        model.load_state_dict(before)
    try:
        judge(lambda: run(x), own=lambda: run(-x), other=lambda: run(x + leak), message="leaks",
              double=double)
    except AssertionError:
        assert leak
    assert model.seen == []
    assert [part.training for part in model.modules()] == modes
    torch.testing.assert_close(dict(model.state_dict()), before, rtol=0, atol=0)
    assert torch.equal(model.layer[0].weight.grad, torch.ones(3, 3, device=device))
    assert model.layer[0].bias.grad is None
    assert torch.equal(torch.get_rng_state(), state)
    assert nn.Module.__call__ is call
    assert torch.get_default_dtype() == torch.float32


def test_everything_is_left_as_it_was_after_an_error():
    call, state = nn.Module.__call__, torch.get_rng_state()

    def run():
        torch.rand(3)
        raise KeyError

    with pytest.raises(KeyError):
        judge(run, own=run, other=run, message="leaks", double=True)
    assert nn.Module.__call__ is call
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_default_dtype() == torch.float32


def test_a_part_that_is_called_by_itself_is_a_copy_too():
    model = nn.Sequential(nn.BatchNorm1d(3), nn.BatchNorm1d(3))
    x = torch.randn(4, 3)

    def run(x):
        return model[1].forward(model[0](x)), model(x), model[0](x)

    judge(lambda: run(x), own=lambda: run(x ** 2), other=lambda: run(x), message="leaks")
    assert model[0].num_batches_tracked == 0


@pytest.mark.parametrize("wrap", [lambda model: model, nn.Sequential])
def test_a_compiled_module_is_judged_uncompiled(wrap):
    model = wrap(torch.compile(nn.BatchNorm1d(3), backend="eager"))
    x = torch.randn(4, 3)
    judge(lambda: model(x), own=lambda: model(-x), other=lambda: model(x), message="leaks")
    assert not next(model.buffers()).any()


class Counts(nn.Module):
    calls = 0

    def forward(self, x):
        self.calls += 1
        return x * self.calls


def test_a_module_and_its_part_share_one_copy():
    model, x, outputs = nn.Sequential(Counts()), torch.ones(2), []

    def run(x):
        model(x)
        outputs.append(model[0](x).abs())
        return x

    judge(lambda: run(x), own=lambda: run(-x), other=lambda: run(x), message="leaks")
    assert torch.stack(outputs).eq(2).all()


def test_a_module_finds_what_its_part_has_written():
    class Reads(nn.Module):
        def __init__(self):
            super().__init__()
            self.part = Counts()

        def forward(self, x):
            return self.part(x) * self.part.calls

    model, x = Reads(), torch.ones(2)
    judge(lambda: model(x), own=lambda: model(-x), other=lambda: model(x), message="leaks")
    assert model.part.calls == 0


def test_a_repetition_begins_with_a_new_copy():
    model, x = Counts(), torch.ones(2)
    judge(lambda: model(x), own=lambda: model(-x), other=lambda: model(x), message="leaks",
          reset=False)


def test_each_run_has_the_same_random_numbers_unless_told():
    def run(shift):
        return torch.rand(100) + shift

    judge(lambda: run(0), own=lambda: run(1), other=lambda: run(0), message="leaks")
    with pytest.raises(Undecided, match="repetition"):
        judge(lambda: run(0), own=lambda: run(1), other=lambda: run(0), message="leaks",
              reset=False)


def test_double_reaches_what_the_module_makes_itself(device):
    class Adds(nn.Linear):
        def forward(self, x):
            return super().forward(x) + super().forward(torch.ones(2, 3, device=x.device))

    model, x = Adds(3, 3).to(device, torch.bfloat16), torch.ones(2, 3, device=device).double()
    outputs = []

    def run(x):
        outputs.append(model(x))
        return outputs[-1]

    judge(lambda: run(x), own=lambda: run(-x), other=lambda: run(x), message="leaks", double=True)
    assert {output.dtype for output in outputs} == {torch.float64}
    assert model.weight.dtype == torch.bfloat16


def test_an_output_without_the_axis_is_named():
    good = torch.zeros(3, 2)
    assert tensors_along(good, 0, 3) == (good,)
    assert len(tensors_along((good, good), 1, 2)) == 2
    for bad in [torch.zeros(2, 3), torch.zeros(()), torch.zeros(0, 2)]:
        with pytest.raises(Undecided, match=r"output 1, of shape \(.*\), has no axis 0 of size 3"):
            tensors_along((good, bad), 0, 3)


@pytest.mark.parametrize("output", [{"logits": torch.ones(3)}, None, [torch.ones(3)]])
def test_an_output_that_is_no_tensor_is_named(output):
    with pytest.raises(Undecided, match="output 1 is no tensor"):
        tensors_along((torch.ones(3), output), 0, 3)
