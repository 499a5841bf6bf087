import copy
import math
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from snippets.guards.judge import (
    Undecided,
    asserts_undecided,
    check_dense,
    copied,
    judge,
    on_copies,
    open_gates,
    tensors_along,
    widened,
)
from snippets.modules.wrong_module_list import BlocksInAList
from tests.awkward import Case, Guard, LeftOut

AWKWARD = [
    Case(copied, lambda copied, x: copied(x), like=lambda x: x.detach().clone(), compiled=False),
    Case(tensors_along, lambda along, x: along(x, 0, 3)[0], like=lambda x: x, compiled=False),
    LeftOut(Undecided, "it is an exception"),
    LeftOut(check_dense, "it gives nothing back; test_all_guards tries it in each guard"),
    LeftOut(on_copies, "a context manager for the guards, which are tried themselves"),
    LeftOut(asserts_undecided, "a context manager that is given nothing"),
    LeftOut(open_gates, "it takes a module"),
    LeftOut(widened, "it takes a module"),
    Guard(judge,
          right=lambda judge, x: judge(lambda: x, own=lambda: x.flip(1), other=lambda: x,
                                       message="leaks"),
          wrong=lambda judge, x: judge(lambda: x, own=lambda: x.flip(1), other=lambda: x[:, ::2],
                                       message="leaks")),
]

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
    ((0, math.nan, 0), "undecided"), ((0, math.inf, 1), "undecided"),
    ((1, 1000, 10.5), "fail"), ((1, 100, 0), "undecided"), ((1, 100.5, 0), "pass")])
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


def test_a_compiled_module_and_what_it_is_made_of_share_one_copy():
    model, x = Counts(), torch.ones(2)
    compiled = torch.compile(model, backend="eager")
    with on_copies():
        model(x)
        assert torch.equal(compiled(x), 2 * x)
    assert model.calls == 0


class Scales(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))

    def forward(self, x, *, scale=1.0):
        return self.weight * x * scale


def test_keywords_reach_the_copy():
    model, x = Scales(), torch.ones(2)
    with on_copies():
        assert model(x, scale=3.0).tolist() == [3, 3]
        weights = {"weight": torch.full((2,), 2.0)}
        given = torch.func.functional_call(model, weights, (x,), {"scale": 3.0})
        assert given.tolist() == [6, 6]
        with pytest.raises(TypeError, match="scale"):
            nn.Module(scale=3.0)


def test_only_new_copies_are_made_ready():
    models, x, seen = [Scales(), Scales()], torch.ones(2), []
    with on_copies(ready=seen.append):
        for model in models:
            model(x)
    assert len(seen) == 2
    assert not any(each is model for each in seen for model in models)


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
    assert tensors_along(good, -1, 2) == tensors_along(good, -2, 3) == (good,)
    with pytest.raises(Undecided, match="no axis -2 of size 3"):
        tensors_along(good[0], -2, 3)
    for bad in [torch.zeros(2, 3), torch.zeros(()), torch.zeros(0, 2)]:
        with pytest.raises(Undecided, match=r"output 1, of shape \(.*\), has no axis 0 of size 3"):
            tensors_along((good, bad), 0, 3)


@pytest.mark.parametrize("output", [{"logits": torch.ones(3)}, None, [torch.ones(3)]])
def test_an_output_that_is_no_tensor_is_named(output):
    with pytest.raises(Undecided, match="output 1 is no tensor"):
        tensors_along((torch.ones(3), output), 0, 3)


MIXED = {
    "linear": lambda x, y: F.linear(x, y.T),
    "matmul": lambda x, y: x @ y,
    "conv": lambda x, y: F.conv1d(x[None], y[..., None]),
    "attention": lambda x, y: F.scaled_dot_product_attention(x, y, y),
    "norm": lambda x, y: F.layer_norm(x, (3,), y[0], y[0]),
    "weights of classes": lambda x, y: F.cross_entropy(x, torch.arange(3, device=x.device), y[0]),
    "scatter": lambda x, y: y.scatter(0, torch.zeros_like(x, dtype=torch.int64), x),
    "assignment": lambda x, y: y.clone().index_put_((torch.arange(3, device=x.device),), x),
    "state": lambda x, y: nn.GRU(3, 3).to(x)(x, y[:1]),
    "attribute": lambda x, y: WithMask(y)(x),
    "recurrent": lambda x, y: nn.utils.rnn.pad_packed_sequence(
        nn.LSTM(3, 3).to(y).forward(nn.utils.rnn.pack_sequence([x]))[0]),
}


class ComplexLayer(nn.Module):
    """Read pairs of numbers as complex ones, and give their products with complex weights."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2, dtype=torch.complex64)
        self.register_buffer("count", torch.tensor(1))

    def forward(self, x):
        pairs = torch.view_as_complex(x.unflatten(-1, (2, 2)).contiguous())
        return torch.view_as_real(self.layer(pairs) * self.count).flatten(-2)


def test_complex_weights_are_widened(device):
    model, x = ComplexLayer().to(device), torch.randn(3, 4, device=device)
    twin = widened(copied(model))
    assert {p.dtype for p in twin.parameters()} == {torch.complex128}
    assert twin.count.dtype == torch.int64
    assert model.layer.weight.dtype == torch.complex64
    wide = x.double()
    judge(lambda: model(wide), own=lambda: model(-wide), other=lambda: model(wide),
          message="leaks", double=True)
    fails(lambda x: model(x).cumsum(1), wide, double=True)


def test_a_complex_number_of_single_precision_is_undecided(device):
    weight, x = torch.ones(4, 2, dtype=torch.complex64, device=device), torch.ones(
        3, 4, dtype=torch.complex128, device=device)
    with pytest.raises(Undecided, match="of another dtype"):
        judge(lambda: x @ weight, own=lambda: 2 * x @ weight, other=lambda: x @ weight,
              message="leaks", double=True)


class WithMask(nn.Module):
    """A mask that is no buffer, so that no cast of the module reaches it."""

    def __init__(self, mask):
        super().__init__()
        self.mask = mask

    def forward(self, x):
        return x @ self.mask


@pytest.mark.parametrize("name", MIXED)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_tensor_that_stays_in_another_dtype_is_undecided(device, name, dtype):
    x, y = torch.randn(2, 3, 3, device=device).to(dtype)

    def run(sign):
        return MIXED[name](sign * x.double(), y)

    with pytest.raises(Undecided, match=r"of another dtype: .* \.to\(x\)") as caught:
        judge(lambda: run(1), own=lambda: run(-1), other=lambda: run(1), message="leaks",
              double=True)
    assert "type" in str(caught.value.__cause__)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("error", [
    RuntimeError("mat1 and mat2 must have the same dtype, but got Long and Double"),
    RuntimeError("The size of tensor a (2) must match the size of tensor b (3)"),
    RuntimeError("float32 is not what I want"), ValueError("a double mistake"), KeyError("double")])
@pytest.mark.parametrize("double", [True, False])
def test_another_error_of_the_call_passes_through(error, double):
    def run():
        raise error

    with pytest.raises(type(error)) as caught:
        judge(run, own=run, other=run, message="leaks", double=double)
    assert caught.value is error


def test_a_mistake_of_dtypes_outside_float64_passes_through():
    def run():
        return torch.zeros(2, 2).double() @ torch.zeros(2, 2)

    with pytest.raises(RuntimeError, match="dtype"):
        judge(run, own=run, other=run, message="leaks")


def test_integers_passed_for_numbers_are_the_calls_own_error():
    model = nn.Linear(3, 3)

    def run():
        return model(torch.ones(2, 3, dtype=torch.int64))

    with pytest.raises(RuntimeError, match="dtype"):
        judge(run, own=run, other=run, message="leaks", double=True)


def test_a_module_that_keeps_a_tensor_of_a_call_before_is_undecided():
    class Keeps(nn.Linear):
        def forward(self, x):
            self.kept = [super().forward(x)]
            return self.kept[0]

    model, x = Keeps(3, 3), torch.ones(2, 3)
    judge(lambda: model(x), own=lambda: model(-x), other=lambda: model(x), message="leaks")
    model(x)
    with pytest.raises(Undecided, match=r"Keeps holds .* a tensor with a graph: ") as caught:
        judge(lambda: model(x), own=lambda: model(-x), other=lambda: model(x), message="leaks")
    assert "deepcopy" in str(caught.value.__cause__)


def test_another_error_of_a_copy_passes_through():
    class Refuses(nn.Module):
        def __deepcopy__(self, memo):
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        copied(Refuses())


def test_what_is_a_copy_already_is_called_itself():
    made, other = Counts(), Counts()
    with on_copies(made):
        made(torch.ones(2))
        other(torch.ones(2))
    assert (made.calls, other.calls) == (1, 0)


@pytest.mark.parametrize("make", [lambda old: nn.Linear(2, 1), copy.deepcopy,
                                  lambda old: nn.Sequential(copy.deepcopy(old))])
def test_a_module_that_is_made_in_the_call_can_be_trained_there(make):
    old, x = nn.Linear(2, 1), torch.ones(3, 2)

    def run(sign):
        model = make(old)
        optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
        model(sign * x).mean().backward()
        before = [p.detach().clone() for p in model.parameters()]
        optimizer.step()
        assert not torch.equal(before[0], next(model.parameters()))
        return next(model.parameters())

    judge(lambda: run(1), own=lambda: run(-1), other=lambda: run(1), message="leaks")
    assert all(p.grad is None for p in old.parameters())
    assert "registers" not in repr((nn.Module.__init__, nn.Module.__setstate__))


def test_layers_in_a_list_are_copied_with_their_model():
    model, x = BlocksInAList(4, 2), torch.ones(2, 3, 4)
    outputs = []

    def run(x):
        outputs.append(model(x))
        outputs[-1].sum().backward()
        return outputs[-1]

    judge(lambda: run(x), own=lambda: run(-x), other=lambda: run(x), message="leaks")
    judge(lambda: run(x.double()), own=lambda: run(-x.double()), other=lambda: run(x.double()),
          message="leaks", double=True)
    assert [output.dtype for output in outputs] == 4 * [torch.float32] + 4 * [torch.float64]
    assert all(p.grad is None for block in model.blocks for p in block.parameters())


@pytest.mark.parametrize("ensemble", [
    lambda model, weights, x: sum(torch.func.functional_call(model, state, x) for state in weights),
    lambda model, weights, x: torch.vmap(
        lambda state: torch.func.functional_call(model, state, x))(
            {name: torch.stack([state[name] for state in weights]) for name in weights[0]}).sum(0)])
def test_weights_that_are_passed_to_a_module_are_the_ones_that_are_used(device, ensemble):
    model, x = nn.Sequential(nn.Linear(3, 2), nn.Tanh()).to(device), torch.ones(4, 3, device=device)
    weights = [{name: factor * p for name, p in model.named_parameters()} for factor in (1, 2)]
    outputs = []

    def run(x):
        outputs.append(ensemble(model, weights, x))
        return outputs[-1]

    judge(lambda: run(x), own=lambda: run(-2 * x), other=lambda: run(x), message="leaks")
    torch.testing.assert_close(outputs[0], ensemble(model, weights, x))


def fails(call, x, **options):
    with pytest.raises(AssertionError, match="leaks"):
        judge(lambda: call(x), own=lambda: call(-x), other=lambda: call(x.flip(1)), message="leaks",
              **options)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_rounding_in_float64_is_neither_a_leak_nor_a_signal(device, scale):
    x = torch.arange(1.0, 31.0, device=device).sin().view(3, 10).double() * scale
    with pytest.raises(Undecided, match="leaves the output as it is"):
        judge(lambda: x.cumsum(1)[:, -1], own=lambda: x.roll(1, 1).cumsum(1)[:, -1],
              other=lambda: x.flip(1).cumsum(1)[:, -1], message="leaks", double=True)
    judge(lambda: x.sum(1), own=lambda: 2 * x.sum(1), other=lambda: x.flip(1).sum(1),
          message="leaks", double=True)
    fails(lambda x: x.cumsum(1), x, double=True)


@pytest.mark.parametrize("signal", [1.0, math.inf, math.nan])
def test_an_infinite_leak_fails_whatever_the_signal(signal):
    assert verdict(0.0, signal, math.inf) == verdict(0.0, signal, math.nan) == "fail"


def test_a_failure_outweighs_what_is_undecided(device):
    x = torch.tensor([[0.0], [1.0], [2.0]], device=device)

    def judged(*others, own=2 * x):
        judge(lambda: tuple(x), own=lambda: tuple(own),
              other=[lambda y=y: y for y in others], message=["first", "second", "third"])

    judged(x[0], x[1], x[2], own=x + 1)
    for i, name in enumerate(["first", "second", "third"]):
        others = list(x)
        others[i] = others[i] + 1
        with pytest.raises(AssertionError, match=name):
            judged(*others)
    with pytest.raises(Undecided, match="leaves the output"):
        judged(*x)
    with pytest.raises(AssertionError, match="first"):
        judged(x[0], (x[1], x[1]), x[2])


def test_each_other_begins_with_the_same_random_numbers(device):
    def run(shift, *rows):
        return tuple((torch.rand(3, 2, device=device) + shift)[list(rows)])

    judge(lambda: run(0, 0, 1, 2), own=lambda: run(1, 0, 1, 2),
          other=[lambda i=i: run(0, i) for i in range(3)], message=["leaks"] * 3)


def test_draws_that_follow_the_data_are_undecided_and_no_leak(device):
    def drops_what_is_real(x):
        kept = x[x[:, 0] > 0]
        return F.dropout(kept, training=True).sum() + F.dropout(x[0], training=True)

    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], device=device)
    other = torch.tensor([[1.0, 2.0], [-3.0, 4.0]], device=device)
    with pytest.raises(Undecided, match=r"draws follow the data: call eval\(\)"):
        judge(lambda: drops_what_is_real(x), own=lambda: drops_what_is_real(2 * x),
              other=lambda: drops_what_is_real(other), message="leaks")


def test_a_compiled_function_is_run_uncompiled(device):
    compiled = []

    def backend(graph, inputs):
        compiled.append(graph)
        return graph.forward

    layer = nn.Linear(3, 3, device=device)
    call = torch.compile(lambda x: layer(x).cumsum(1), backend=backend)
    fails(call, torch.randn(2, 3, device=device))
    assert not compiled
    call(torch.randn(2, 3, device=device))
    assert compiled


def test_what_cannot_be_copied_is_undecided():
    class Locks(nn.Linear):
        def __init__(self):
            super().__init__(2, 2)
            self.lock = threading.Lock()

    model, x = Locks(), torch.ones(1, 2)
    with pytest.raises(Undecided, match=r"Locks holds what cannot be copied.*: .*lock"):
        judge(lambda: model(x), own=lambda: model(-x), other=lambda: model(x), message="leaks")


def test_an_assert_of_the_call_is_not_the_guards():
    def positive(x):
        assert (x > 0).all(), "numbers must be positive"
        return x

    x = torch.ones(2)
    with pytest.raises(Undecided, match="of the call itself fails: numbers must be positive"):
        judge(lambda: positive(x), own=lambda: positive(-x), other=lambda: positive(x),
              message="leaks")


def test_an_output_that_is_a_dict_is_named_by_its_type():
    with pytest.raises(Undecided, match=r"of type dict: .* its \.logits"):
        tensors_along({"logits": torch.ones(2)}, 0, 2)
    with pytest.raises(Undecided, match="output 1 is on meta"):
        tensors_along((torch.ones(2), torch.ones(2, device="meta")), 0, 2)


def test_closed_gates_are_opened_in_the_copies(device):
    model = nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3), nn.Linear(3, 3)).to(device)
    nn.init.constant_(model[0].weight, 1e-6)
    nn.init.zeros_(model[0].bias)
    nn.init.zeros_(model[2].weight).requires_grad_(False)
    model.register_parameter("empty", nn.Parameter(torch.zeros(0, device=device)))
    twin = copied(model)
    open_gates(twin)
    assert twin[0].weight.abs().amax() > 1e-3
    assert twin[0].bias.any()
    assert twin[1].bias.any()
    assert torch.equal(twin[1].weight, torch.ones(3, device=device))
    assert not twin[2].weight.any()
    assert not model[0].bias.any()
    x = torch.randn(2, 3, device=device)
    for double in (False, True):
        seen = []

        def run(x, seen=seen):
            seen.append(model[1](x))
            return seen[-1]

        data = x.double() if double else x
        judge(lambda run=run, data=data: run(data), own=lambda run=run, data=data: run(-data),
              other=lambda run=run, data=data: run(data), message="leaks", double=double)
        assert not torch.allclose(seen[0], model[1](x).to(data))
    assert not model[1].bias.any()


def test_integers_are_no_gates():
    module = nn.Module()
    module.codes = nn.Parameter(torch.zeros(3, dtype=torch.int8), requires_grad=False)
    module.gate = nn.Parameter(torch.zeros(3))
    module.meta = nn.Parameter(torch.zeros(3, device="meta"))
    open_gates(module)
    assert not module.codes.any()
    assert module.gate.all()


@pytest.mark.parametrize("result", [None, {"a": torch.ones(2)}, (torch.ones(2), (1,))])
def test_a_run_that_gives_no_tensor_is_undecided(result):
    with pytest.raises(Undecided, match="no tensor"):
        judge(lambda: result, own=lambda: result, other=lambda: result, message="leaks")


def test_another_number_of_outputs_is_an_infinite_distance():
    x = torch.ones(2)
    with pytest.raises(AssertionError, match="leaks"):
        judge(lambda: (x, x), own=lambda: (-x, -x), other=lambda: x, message="leaks")
    with pytest.raises(Undecided, match="another shape"):
        judge(lambda: (x, x), own=lambda: x, other=lambda: (x, x), message="leaks")


@pytest.mark.parametrize("dtype", [torch.float32, torch.complex128])
def test_an_output_that_is_written_again_is_compared_as_it_was(device, dtype):
    x = torch.arange(1.0, 4.0, device=device).to(dtype)
    buffer = torch.empty_like(x)

    def run(x):
        return torch.add(x, 1, out=buffer)

    judge(lambda: run(x), own=lambda: run(-x), other=lambda: run(x), message="leaks")
    with pytest.raises(AssertionError, match="leaks"):
        judge(lambda: run(x), own=lambda: run(-x), other=lambda: run(x.flip(0)), message="leaks")


def test_a_sparse_output_is_compared():
    x = torch.eye(3)
    judge(x.to_sparse, own=(2 * x).to_sparse, other=x.to_sparse, message="leaks")
    with pytest.raises(AssertionError, match="leaks"):
        judge(x.to_sparse, own=(2 * x).to_sparse, other=(3 * x).to_sparse, message="leaks")


@pytest.mark.parametrize("reset", [True, False])
def test_the_number_of_calls(reset):
    x, calls = torch.ones(2), []

    def run(x):
        calls.append(x)
        return x

    judge(lambda: run(x), own=lambda: run(-x), other=lambda: run(x), message="leaks", reset=reset)
    assert len(calls) == 4


def test_a_forward_that_is_called_itself_is_not_copied():
    x = torch.arange(8.0).view(4, 2)
    for bound, moves in ((lambda norm: norm, False), (lambda norm: norm.forward, True)):
        norm = nn.BatchNorm1d(2)
        call = bound(norm)
        judge(lambda call=call: call(x), own=lambda call=call: call(x.flip(0)),
              other=lambda call=call: call(x), message="leaks")
        assert bool(norm.running_mean.any()) == moves


def test_outputs_on_meta_are_undecided():
    x = torch.ones(2, device="meta")
    with pytest.raises(Undecided, match="on meta"):
        judge(lambda: x, own=lambda: -x, other=lambda: x, message="leaks")


def test_pytest_prints_the_numbers_where_judge_stands_in_the_test_file(tmp_path):
    copied_code = Path(sys.modules[judge.__module__].__file__).read_text()
    (tmp_path / "test_it.py").write_text(copied_code + """

def test_it():
    judge(lambda: torch.ones(1), own=lambda: torch.zeros(1), other=lambda: 3 * torch.ones(1),
          message="leaks")
""")
    result = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
                            capture_output=True, text=True, cwd=tmp_path)
    assert "AssertionError: leaks" in result.stdout
    assert "assert 2.0 <= 0.0001" in result.stdout


@pytest.mark.parametrize(("numbers", "error"), [
    ([0.0, 0.5, 0.2, 0.9], Undecided), ([0.0, 0.01, 0.5, 0.9], AssertionError)])
def test_what_is_drawn_outside_of_torch_is_undecided_or_taken_for_a_leak(numbers, error):
    x, draws = torch.ones(2, 3), iter(numbers)
    with pytest.raises(error):
        judge(lambda: x + next(draws), own=lambda: 2 * x + next(draws),
              other=lambda: x + next(draws), message="leaks")


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.bfloat16, torch.complex64])
def test_nan_is_no_gate_and_each_dtype_is_opened(dtype):
    module = nn.Module()
    module.gate = nn.Parameter(torch.zeros(99).to(dtype))
    module.one = nn.Parameter(torch.ones(2).to(dtype))
    module.broken = nn.Parameter(torch.tensor([torch.nan, 0]).to(dtype))
    open_gates(module)
    assert (module.gate.detach().to(torch.complex64).abs() > 1e-3).any()
    assert module.gate.dtype == dtype
    assert module.one.to(torch.complex64).tolist() == [1, 1]
    assert module.broken.to(torch.complex64)[1] == 0


def test_a_module_is_copied_inside_of_a_transform(device):
    model, x = nn.Linear(3, 3).to(device), torch.randn(2, 3, device=device).double()
    nn.init.zeros_(model.bias)
    for transform in (lambda f: torch.vmap(f), lambda f: torch.func.jacfwd(f),
                      lambda f: torch.vmap(torch.func.grad(lambda x: f(x).square().sum()))):
        call = transform(lambda x: model(x).sin())
        judge(lambda call=call: call(x), own=lambda call=call: call(-2 * x),
              other=lambda call=call: call(x), message="leaks", double=True)
        with pytest.raises(AssertionError, match="leaks"):
            judge(lambda call=call: call(x), own=lambda call=call: call(-2 * x),
                  other=lambda call=call: call(3 * x), message="leaks", double=True)


def test_a_weight_that_is_computed_before_each_call_is_no_reason_to_be_undecided(device):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        model = nn.utils.weight_norm(nn.Linear(3, 3)).to(device)
    x = torch.randn(2, 3, device=device)
    judge(lambda: model(x), own=lambda: model(-x), other=lambda: model(x), message="leaks")
    judge(lambda: model(x.double()), own=lambda: model(-x.double()),
          other=lambda: model(x.double()), message="leaks", double=True)


@pytest.mark.parametrize("make", [
    lambda: nn.LazyLinear(3), lambda: nn.Sequential(nn.Linear(3, 3), nn.LazyBatchNorm1d())])
def test_lazy_layers_must_be_called_before(make):
    model, x = make(), torch.randn(4, 3)

    def judged(data, **options):
        judge(lambda: model(data), own=lambda: model(-data), other=lambda: model(data),
              message="leaks", **options)

    with pytest.raises(Undecided, match="lazy layer has no weights yet: call the model once"):
        judged(x)
    model(x)
    judged(x)
    judged(x.double(), double=True)


def test_draws_in_another_order_are_undecided_and_no_leak(device):
    drop = nn.Dropout()

    def splits(x):
        n = 40 * int(x[:, 1:].gt(0).sum())
        left, right = drop(torch.ones(n, device=device)), drop(torch.ones(99 - n, device=device))
        return x[0] * (torch.cat([left, right.flip(0)]).sum() + left.sum())

    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], device=device)
    other = torch.tensor([[1.0, 2.0], [-3.0, -4.0]], device=device)
    with pytest.raises(Undecided, match="draws follow the data"):
        judge(lambda: splits(x), own=lambda: splits(2 * x), other=lambda: splits(other),
              message="leaks")


def test_a_call_in_eval_that_drops_is_told_where_it_may_come_from():
    x = torch.randn(4, 8)
    with pytest.raises(Undecided, match=r"give F.dropout training=self.training"):
        judge(lambda: F.dropout(x), own=lambda: F.dropout(-x), other=lambda: F.dropout(x),
              message="leaks", reset=False)


def casts_to_float32(x):
    """Attend with the lowest number of a dtype as a mask, and a softmax in float32."""
    lowest = torch.full((3, 3), torch.finfo(x.dtype).min, dtype=x.dtype, device=x.device)
    return (x @ x.mT + lowest).softmax(-1, dtype=torch.float32).to(x.dtype) @ x


def test_nan_that_float64_alone_gives_is_undecided(device):
    layer, x = nn.Linear(3, 3, device=device), torch.ones(1, 3, 3, device=device)
    shifted = torch.arange(9.0, device=device).view(1, 3, 3)

    def run(x, wide=False):
        y = layer(x.to(torch.get_default_dtype()))
        return casts_to_float32(y) if wide else y

    with pytest.raises(Undecided, match="in float64 the call gives nan"):
        judge(lambda: run(x), own=lambda: run(shifted), other=lambda: run(x, wide=True),
              message="it changes", double=True)


def test_nan_in_each_dtype_is_a_failure(device):
    layer, x = nn.Linear(3, 3, device=device), torch.ones(1, 3, 3, device=device)

    def run(x, times=1.0):
        return layer(x.to(torch.get_default_dtype())) * times

    def refuses(x):
        if torch.get_default_dtype() != torch.float64:
            raise ValueError("float64 alone")
        return run(x, torch.nan)

    for other in (lambda: run(x, torch.nan), lambda: refuses(x)):
        with pytest.raises(AssertionError, match="it changes"):
            judge(lambda: run(x), own=lambda: run(2 * x), other=other,
                  message="it changes", double=True)


@pytest.mark.parametrize("given", [[1.0], {"x": torch.ones(1)}, None, 2.0])
def test_an_input_that_is_no_tensor_is_undecided_and_named(given):
    with pytest.raises(Undecided, match=f"an input is a {type(given).__name__}"):
        check_dense(torch.ones(1), given)


@pytest.mark.parametrize("x", [
    torch.ones(2).to_sparse(), torch.ones(2, device="meta"),
    torch.nested.as_nested_tensor([torch.ones(1), torch.ones(2)], layout=torch.strided),
    torch.nested.as_nested_tensor([torch.ones(1), torch.ones(2)], layout=torch.jagged)])
def test_an_input_that_is_not_dense_is_undecided(x):
    check_dense(torch.ones(2))
    with pytest.raises(Undecided, match="sparse, nested or on meta"):
        check_dense(torch.ones(2), x)


@pytest.mark.parametrize("beside", [math.inf, -math.inf, math.nan])
def test_what_is_not_finite_hides_no_leak_beside_it(device, beside):
    def run(number):
        return torch.tensor([beside, number], device=device, dtype=torch.float64)

    with pytest.raises(AssertionError, match="leaks"):
        judge(lambda: run(1e-15), own=lambda: run(5e-15), other=lambda: run(2e-15),
              message="leaks", double=True)


def test_outputs_without_numbers_are_undecided(device):
    x = torch.ones(0, device=device)
    with pytest.raises(Undecided, match="leaves the output as it is"):
        judge(lambda: x, own=lambda: x, other=lambda: x, message="leaks")


def test_a_run_that_gives_nan_itself_is_a_failure(device):
    x = torch.ones(2, device=device)
    with pytest.raises(AssertionError, match="leaks"):
        judge(lambda: x * math.nan, own=lambda: 2 * x, other=lambda: x,
              message="leaks", double=True)


def test_a_call_that_float64_alone_can_run_is_a_failure(device):
    layer, x = nn.Linear(2, 2, device=device), torch.ones(2, device=device).double()
    with pytest.raises(AssertionError, match="leaks"):
        judge(lambda: layer(x), own=lambda: layer(-x), other=lambda: layer(x) * math.nan,
              message="leaks", double=True)


def test_nan_of_float64_in_the_same_place_is_no_reason_to_be_undecided(device):
    layer, x = nn.Linear(2, 2, device=device), torch.ones(2, device=device)

    def run(x):
        y = layer(x.to(torch.get_default_dtype()))
        return torch.cat([y, y[:1] * (math.nan if y.dtype == torch.float64 else 0)])

    judge(lambda: run(x), own=lambda: run(-x), other=lambda: run(x), message="leaks", double=True)
