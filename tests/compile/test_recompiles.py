import pytest
import torch

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
