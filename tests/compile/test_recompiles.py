import os
import subprocess
import sys

import pytest
import torch

from snippets.compile.graph_breaks import count_graphs
from snippets.compile.recompiles import Warmup, assert_compiles
from snippets.compile.wrong_recompiles import WarmupByPythonNumber
from snippets.guards.judge import Undecided
from tests.awkward import Case, LeftOut, loads_after_meta

AWKWARD = [
    Case(Warmup, lambda kind, x: kind(steps=3)(x), like=lambda x: x * (1 / 3),
         outside=dict.fromkeys(("int64", "int32", "int8", "uint8", "bool"), "floats of any shape")),
    LeftOut(assert_compiles, "counts graphs; its calls are given by the reader"),
]


def test_both_modules_compute_the_same(device):
    x = torch.tensor([1e4, -3.0], device=device)
    for dtype in [torch.float32, torch.float64, torch.bfloat16]:
        right, wrong = Warmup(steps=3).to(device), WarmupByPythonNumber(steps=3)
        for _ in range(5):
            assert torch.equal(right(x.to(dtype)), wrong(x.to(dtype)))


@pytest.mark.parametrize("dtype", [
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.complex64])
@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0,)])
def test_both_modules_keep_the_dtype(device, dtype, shape):
    x = torch.full(shape, 0.7, dtype=dtype, device=device)
    right, wrong = Warmup(steps=3).to(device), WarmupByPythonNumber(steps=3)
    for _ in range(4):
        y = right(x)
        assert (y.dtype, y.shape) == (x.dtype, x.shape)
        assert torch.equal(y, wrong(x))


def test_after_the_limit_old_graphs_run_on():
    lengths = [(torch.ones(length),) for length in range(2, 14)]
    assert count_graphs(lambda x: x * 2, lengths, dynamic=False) == (8, 8)
    twice = lengths * 2  # the first eight fit a graph again, the last four fit none
    assert count_graphs(lambda x: x * 2, twice, dynamic=False) == (8, 16)


def test_warmup_loads_after_meta():
    assert loads_after_meta(lambda: Warmup(steps=3)) == "equal"


def test_a_python_number_is_compiled_until_the_limit(device):
    calls = [(torch.ones(2, device=device),)] * 10
    with pytest.raises(AssertionError, match="10 calls compiled 8 graphs, not 2"):
        assert_compiles(WarmupByPythonNumber(steps=16), calls, most=2)
    with pytest.raises(AssertionError, match="call 9 of 10 ran no graph"):
        assert_compiles(WarmupByPythonNumber(steps=16), calls, most=8)


def test_a_function_in_two_pieces_does_not_hide_the_calls_that_ran_none(device):
    model = WarmupByPythonNumber(steps=16)

    def in_two_pieces(x):
        y = model(x)
        torch._dynamo.graph_break()
        return y + 1

    calls = [(torch.ones(2, device=device),)] * 12
    with pytest.raises(AssertionError, match=r"call \d+ of 12 ran no graph"):
        assert_compiles(in_two_pieces, calls, most=11)


def test_a_number_in_a_tensor_is_compiled_once(device):
    calls = [(torch.ones(2, device=device),)] * 10
    model = Warmup(steps=16).to(device)
    assert_compiles(model, calls, most=1)
    assert model.step == 0
    with pytest.raises(Undecided, match="1 calls: give more than 1"):
        assert_compiles(model, calls[:1], most=1)


class Scaled(torch.nn.Module):
    by = 0.5

    def forward(self, x):
        return x * self.by if self.training else x + 1


def attributes(name, values):
    model = Scaled()

    def calls():
        for value in values:
            setattr(model, name, value)
            yield (torch.ones(2),)
    return lambda x: model(x), calls()


def modes(model):
    def calls():
        for mode in [True, False] * 2:
            model.train(mode)
            yield (torch.ones(2),)
    return lambda x: model(x), calls()


def grad_modes():
    def calls():
        for mode in [True, False] * 2:
            with torch.set_grad_enabled(mode):
                yield (torch.ones(2),)
    return lambda x: x * 2, calls()


class Counted(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.counts = {"calls": 1}

    def forward(self, x):
        self.counts["calls"] += 1
        return x * self.counts["calls"]


NUMBER = 0


def global_number():
    def calls():
        global NUMBER
        for number in range(2, 7):
            NUMBER = number
            yield (torch.ones(2),)
    return lambda x: x * NUMBER, calls()


@pytest.mark.parametrize(("use", "graphs"), [
    (global_number, 5),
    (lambda: (Counted(), [(torch.ones(2),)] * 5), 5),
    (lambda: (lambda xs: sum(xs), [([torch.ones(2)] * n,) for n in range(1, 6)]), 5),
    (lambda: (lambda x, n: x * 2 if n > 4 else x * 3, [(torch.ones(2), n) for n in (2, 3, 4, 5)]),
     3),
    (lambda: attributes("by", [n / 16 for n in range(2, 12)]), 2),
    (lambda: attributes("by", range(2, 8)), 6),
    (lambda: modes(Scaled()), 2),
    (lambda: modes(torch.nn.Linear(2, 2)), 1),
    (grad_modes, 2),
    (lambda: (lambda x, n: x * [1, 2, 3, 4, 5, 6][n], [(torch.ones(2), n) for n in range(6)]), 6),
    (lambda: (lambda x, n: x * n, [(torch.ones(2), n / 16) for n in range(10)]), 2),
    (lambda: (lambda x, n: x.sum(n), [(torch.ones(1, 2, 3, 4), n) for n in range(4)]), 4),
    (lambda: (torch.nn.functional.avg_pool1d, [(torch.ones(1, 9), n) for n in range(2, 6)]), 4),
    (lambda: (torch.nn.functional.dropout, [(torch.ones(2), n / 16) for n in range(2, 6)]), 4),
], ids=["global", "dictionary", "length of a list", "branch",
        "float attribute", "int attribute", "training", "training unread", "grad mode",
        "index of a list", "float argument", "dim", "kernel size", "dropout"])
def test_the_table_of_what_changes(use, graphs):
    function, calls = use()
    assert count_graphs(function, calls)[0] == graphs


def test_each_piece_has_a_limit_of_its_own():
    def in_two_pieces(x):
        y = x * 2
        torch._dynamo.graph_break()
        return y + 1

    calls = [(torch.ones(length),) for length in range(2, 12)]
    assert count_graphs(in_two_pieces, calls, dynamic=False) == (16, 16)


def test_a_module_that_is_compiled_already_is_counted():
    calls = [(torch.ones(length),) for length in range(2, 6)]
    compiled = torch.compile(torch.nn.ReLU(), backend="eager")
    assert_compiles(compiled, calls, most=2)
    with pytest.raises(AssertionError, match="compiled 2 graphs, not 1"):
        assert_compiles(compiled, calls, most=1)


def test_an_assert_in_the_function_is_undecided():
    def short(x):
        assert len(x) < 4, "too long"
        return x * 2

    with pytest.raises(Undecided, match="too long"):
        assert_compiles(short, [(torch.ones(length),) for length in range(2, 6)], most=2)


@pytest.mark.parametrize("option", ["backend", "mode", "options"])
def test_a_compiler_cannot_be_chosen(option):
    with pytest.raises(TypeError, match="choose no compiler"):
        assert_compiles(torch.sin, [(torch.ones(2),)] * 2, most=1, **{option: None})


def test_the_log_names_the_guard_that_failed_at_each_compilation(tmp_path):
    script = tmp_path / "again.py"
    script.write_text("""import torch
def double(x):
    return x * 2
compiled = torch.compile(double, backend="eager", dynamic=False)
for length in (3, 4, 5):
    compiled(torch.ones(length))
""")
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True,
                         env={**os.environ, "TORCH_LOGS": "recompiles"})
    assert "size mismatch at index 0. expected 3, actual 4" in run.stderr
    assert "size mismatch at index 0. expected 4, actual 5" in run.stderr
