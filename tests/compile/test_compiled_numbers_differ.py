import shutil

import pytest
import torch

INDUCTOR = pytest.mark.skipif(
    not shutil.which("g++"), reason="Inductor needs a C++ compiler for the CPU")
NEW = tuple(map(int, torch.__version__.split(".")[:2])) >= (2, 13)


def there_and_back(x):
    return x + 256 - 256


def rounded(x):
    return x.to(torch.bfloat16).to(torch.float32)


CASES = [(there_and_back, 1.5, torch.bfloat16, 2.0), (rounded, 1.0009765625, torch.float32, 1.0)]


@INDUCTOR
@pytest.mark.parametrize(("function", "number", "dtype", "eager"), CASES)
def test_a_compiled_function_leaves_the_rounding_out(function, number, dtype, eager):
    x = torch.full((4,), number, dtype=dtype, device="cpu")
    assert function(x).tolist() == [eager] * 4
    assert torch.compile(function)(x).tolist() == [number] * 4


@INDUCTOR
@pytest.mark.parametrize(("function", "number", "dtype", "eager"), CASES)
def test_the_option_brings_the_rounding_back_since_2_13(function, number, dtype, eager):
    x = torch.full((4,), number, dtype=dtype, device="cpu")
    compiled = torch.compile(function, options={"emulate_precision_casts": True})
    assert compiled(x).tolist() == [eager if NEW else number] * 4


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
@pytest.mark.parametrize(("function", "number", "dtype", "eager"), CASES)
def test_the_other_backends_do_not_fuse(function, number, dtype, eager, backend):
    x = torch.full((4,), number, dtype=dtype, device="cpu")
    assert torch.compile(function, backend=backend)(x).tolist() == [eager] * 4
