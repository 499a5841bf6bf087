import pytest
import torch

from snippets.compile.recompiles import Warmup, assert_compiles
from snippets.compile.wrong_recompiles import WarmupByPythonNumber


def test_both_modules_compute_the_same(device):
    x = torch.tensor([1e4, -3.0], device=device)
    right, wrong = Warmup(steps=3).to(device), WarmupByPythonNumber(steps=3)
    for _ in range(5):
        torch.testing.assert_close(right(x), wrong(x))


def test_a_python_number_is_compiled_until_the_limit(device):
    calls = [(torch.ones(2, device=device),)] * 10
    with pytest.raises(AssertionError, match="10 calls compiled 8 graphs, not 2"):
        assert_compiles(WarmupByPythonNumber(steps=16), calls, most=2)
    with pytest.raises(AssertionError, match="only 8 of 10 calls"):
        assert_compiles(WarmupByPythonNumber(steps=16), calls, most=8)


def test_a_number_in_a_tensor_is_compiled_once(device):
    calls = [(torch.ones(2, device=device),)] * 10
    assert_compiles(Warmup(steps=16).to(device), calls, most=1)
