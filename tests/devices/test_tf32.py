import contextlib
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.devices.tf32 import (
    assert_keeps_float32,
    full_float32,
    multiply_in_tf32,
    relative_error,
    round_to_tf32,
)
from snippets.devices.wrong_tf32 import turn_tf32_off
from snippets.guards.judge import Undecided
from tests.awkward import Case, LeftOut
from tests.guide import ROOT

NORMAL = st.floats(2.0**-126, 2.0**127, width=32)


def rounded_in_float64(x):
    """`x` with 10 bits behind the point, a half away from 0, on the grid of float32."""
    wide = x.double()
    _, exponent = torch.frexp(wide)
    step = torch.ldexp(torch.ones_like(wide), exponent.clamp(min=-125) - 11)
    kept = wide.sign() * (wide.abs() / step + 0.5).floor() * step
    return torch.where(wide.isfinite(), kept, wide).to(x.dtype)


AWKWARD = [
    Case(round_to_tf32, lambda f, x: f(x), like=rounded_in_float64),
    Case(multiply_in_tf32, lambda f, x: f(x, x.mT),
         like=lambda x: rounded_in_float64(x) @ rounded_in_float64(x).mT),
    Case(relative_error, lambda f, x: f(x, x.double()),
         like=lambda x: 0 * float((x.double() - x.double()).norm()), compiled=False),
    LeftOut(full_float32, "it takes no tensor; the tests below try every setting"),
    LeftOut(assert_keeps_float32, "it makes its own matrices"),
]

b = torch.backends
PARTS = {
    "all": b, "cudnn": b.cudnn, "cuda.matmul": b.cuda.matmul, "cudnn.conv": b.cudnn.conv,
    "cudnn.rnn": b.cudnn.rnn, "mkldnn.matmul": b.mkldnn.matmul, "mkldnn.conv": b.mkldnn.conv,
    "mkldnn.rnn": b.mkldnn.rnn}


@pytest.fixture
def kept():
    matmul, cudnn = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    newer = settings_now()
    yield
    torch.set_float32_matmul_precision(matmul)
    torch.backends.cudnn.allow_tf32 = cudnn
    for name, part in PARTS.items():
        part.fp32_precision = newer[name]


def settings_now():
    return {name: part.fp32_precision for name, part in PARTS.items()}


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NORMAL, st.booleans())
def test_a_factor_is_off_by_half_of_the_last_of_ten_bits(device, size, negative):
    x = torch.tensor([-size if negative else size], device=device)
    kept = round_to_tf32(x)
    assert (kept.double() - x.double()).abs() <= 2**-11 * x.double().abs()
    assert torch.equal(round_to_tf32(kept), kept)
    mantissa, _ = torch.frexp(kept.cpu().double())
    assert (mantissa * 2**11) % 1 == 0


def test_zeros_infinities_and_strides(device):
    x = torch.tensor([[0.0, float("inf")], [-float("inf"), 4097.0]], device=device).T
    assert torch.equal(round_to_tf32(x), torch.tensor(
        [[0.0, -float("inf")], [float("inf"), 4096.0]], device=device))


def test_the_error_stays_within_the_bound(device):
    torch.manual_seed(0)
    a, b = torch.randn(32, 512, device=device), torch.randn(512, 32, device=device)
    rounded = round_to_tf32(a).double() @ round_to_tf32(b).double()
    bound = (2 * 2**-11 + 2**-22) * (a.double().abs() @ b.double().abs())
    assert ((rounded - a.double() @ b.double()).abs() <= bound).all()
    torch.testing.assert_close(multiply_in_tf32(a, b).double(), rounded, rtol=0, atol=1e-3)


def test_relative_error_is_that_of_the_whole(device):
    exact = torch.tensor([3.0, 4.0], dtype=torch.float64, device=device)
    assert relative_error(torch.tensor([3.0, 4.5], device=device), exact) == pytest.approx(0.1)
    assert relative_error(exact.float(), exact) == 0


@pytest.mark.parametrize("matmul", ["highest", "high", "medium"])
@pytest.mark.parametrize("cudnn", [True, False])
def test_full_float32_covers_both_and_gives_back_what_was_set(kept, matmul, cudnn):
    torch.set_float32_matmul_precision(matmul)
    torch.backends.cudnn.allow_tf32 = cudnn
    with full_float32():
        assert torch.get_float32_matmul_precision() == "highest"
        assert not torch.backends.cuda.matmul.allow_tf32
        assert not torch.backends.cudnn.allow_tf32
    assert torch.get_float32_matmul_precision() == matmul
    with pytest.raises(ZeroDivisionError), full_float32():
        raise ZeroDivisionError
    assert torch.get_float32_matmul_precision() == matmul
    assert torch.backends.cudnn.allow_tf32 == cudnn


@pytest.mark.parametrize("code", [
    "pass", "b.fp32_precision = 'ieee'", "b.cudnn.fp32_precision = 'ieee'",
    "b.fp32_precision = 'tf32'", "b.mkldnn.fp32_precision = 'bf16'",
    "b.cudnn.fp32_precision = 'tf32'", "b.cudnn.conv.fp32_precision = 'none'"])
def test_full_float32_gives_back_what_a_fresh_process_read(code):
    body = """
import torch
from torch import backends as b
from snippets.devices.tf32 import full_float32
parts = [b, b.cudnn, b.cudnn.conv, b.cudnn.rnn, b.cuda.matmul,
         b.mkldnn, b.mkldnn.conv, b.mkldnn.rnn, b.mkldnn.matmul]
def now():
    return [part.fp32_precision for part in parts]
"""
    body += f"{code}\nbefore = now()\nwith full_float32():\n    inside = now()\n"
    body += "assert set(inside) == {'ieee'}, inside\nassert now() == before, (before, now())\n"
    subprocess.run([sys.executable, "-c", body], check=True, cwd=ROOT)


@pytest.mark.parametrize(("setters", "raises"), [
    (["high", False], True), (["medium", False], True), (["medium", True], True),
    (["high", "highest"], False), (["medium", "highest"], False), ([True, False], False),
    ([False, "high"], False)])
def test_two_older_setters_of_matrix_products_may_disagree(kept, setters, raises):
    for value in setters:
        if isinstance(value, str):
            torch.set_float32_matmul_precision(value)
        else:
            torch.backends.cuda.matmul.allow_tf32 = value
    with pytest.raises(RuntimeError, match="mix") if raises else contextlib.nullcontext():
        torch.get_float32_matmul_precision()


@pytest.mark.parametrize("part", [None, *PARTS])
@pytest.mark.parametrize("value", ["tf32", "ieee"])
@pytest.mark.parametrize("older", ["highest", "high"])
def test_full_float32_covers_the_newer_names_and_gives_them_back(kept, part, value, older):
    torch.set_float32_matmul_precision(older)
    torch.backends.cudnn.allow_tf32 = older == "high"
    if part:
        PARTS[part].fp32_precision = value
    before = settings_now()
    with full_float32():
        assert set(settings_now().values()) == {"ieee"}
        assert torch.get_float32_matmul_precision() == "highest"
        assert not torch.backends.cudnn.allow_tf32
    with pytest.raises(ZeroDivisionError), full_float32():
        raise ZeroDivisionError
    assert settings_now() == before


def test_a_part_that_followed_the_whole_follows_it_afterwards(kept):
    torch.backends.fp32_precision = "ieee"
    with full_float32():
        pass
    torch.backends.fp32_precision = "tf32"
    assert torch.backends.cuda.matmul.fp32_precision == "tf32"
    assert torch.backends.mkldnn.matmul.fp32_precision == "tf32"


def test_the_switch_of_matrix_products_leaves_convolutions(kept):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    turn_tf32_off()
    assert (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) == (False, True)


def convolve(a, b):
    return F.conv2d(a[:, :, None, None], b.T[:, :, None, None])[:, :, 0, 0]


@pytest.mark.parametrize("multiply", [torch.matmul, convolve, lambda a, b: F.linear(a, b.T)])
def test_the_guard_passes_what_keeps_float32(device, multiply):
    with torch.device(device), full_float32():
        assert_keeps_float32(multiply)
        assert_keeps_float32(multiply, size=32)


@pytest.mark.parametrize("rounded", [
    round_to_tf32, lambda x: x.bfloat16().float(), lambda x: x.half().float(),
    lambda x: (x.view(torch.int32) >> 13 << 13).view(torch.float32)])
@pytest.mark.parametrize("which", [0, 1])
def test_the_guard_finds_one_factor_that_is_rounded(device, rounded, which):
    def multiply(*factors):
        factors = [rounded(x.contiguous()) if i == which else x for i, x in enumerate(factors)]
        return factors[0] @ factors[1]

    with torch.device(device), pytest.raises(AssertionError, match="gives 4096"):
        assert_keeps_float32(multiply)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_guard_finds_a_result_of_fewer_bits(device, dtype):
    with torch.device(device), pytest.raises(AssertionError, match="gives 4096"):
        assert_keeps_float32(lambda a, b: a.to(dtype) @ b.to(dtype))
    with (torch.device(device), torch.autocast(device, torch.bfloat16), full_float32(),
          pytest.raises(AssertionError, match="gives 4096")):
        assert_keeps_float32(torch.matmul)


def test_the_guard_makes_float32_under_another_default_dtype(device):
    torch.set_default_dtype(torch.float64)
    try:
        with torch.device(device), pytest.raises(AssertionError, match="gives 4096"):
            assert_keeps_float32(multiply_in_tf32)
    finally:
        torch.set_default_dtype(torch.float32)


def test_shapes_that_differ_are_not_broadcast(device):
    with pytest.raises(ValueError, match="against"):
        relative_error(torch.ones(3, device=device), torch.ones(3, 1, device=device).double())


@pytest.mark.parametrize("size", [1e-200, 1.0, 1e200])
def test_the_relative_error_does_not_depend_on_the_size(device, size):
    exact = torch.full((2,), 2.0, dtype=torch.float64, device=device) * size
    assert relative_error(exact / 2, exact) == pytest.approx(0.5)


def test_numbers_that_are_negated_on_reading_are_rounded(device):
    x = torch.tensor([1 + 4097j], device=device).conj().imag
    assert x.is_neg()
    assert round_to_tf32(x).tolist() == [-4096]


def test_float64_is_refused(device):
    with pytest.raises(TypeError, match="not float32"):
        round_to_tf32(torch.ones(2, dtype=torch.float64, device=device))


def test_the_relative_error_of_zeros_is_0_and_of_anything_else_there_inf(device):
    zeros = torch.zeros(3, device=device)
    assert relative_error(zeros, zeros.double()) == 0
    assert relative_error(zeros[:0], zeros[:0].double()) == 0
    assert relative_error(zeros + 1, zeros.double()) == float("inf")


def test_the_exact_result_is_of_float64_and_the_other_floating(device):
    ones = torch.ones(3, device=device)
    wide = ones.double()
    for result, exact in [(ones, ones), (ones.long(), wide), (ones.cfloat(), wide)]:
        with pytest.raises(TypeError, match="against"):
            relative_error(result, exact)


def test_matrices_without_entries_decide_nothing(device):
    with torch.device(device), pytest.raises(Undecided):
        assert_keeps_float32(torch.matmul, size=0)


def test_integers_to_2048_and_all_numbers_of_float16_stay_as_they_are(device):
    integers = torch.arange(-2048, 2049, device=device).float()
    assert torch.equal(round_to_tf32(integers), integers)
    assert round_to_tf32(torch.tensor([2049.0], device=device)).item() == 2050
    bits = torch.arange(-2**15, 2**15, device=device, dtype=torch.int16)
    halves = bits.view(torch.float16).float()
    halves = halves[halves.isfinite()]
    assert len(halves) == 2**16 - 2**11
    assert torch.equal(round_to_tf32(halves), halves)


def test_bits_that_are_cut_off_cost_up_to_twice_as_much(device):
    x = 1 + torch.arange(2**14, device=device) * 2.0**-23
    cut = (x.view(torch.int32) >> 13 << 13).view(torch.float32)
    assert ((cut - x).abs() / x).max() < 2**-10
    assert ((cut - x).abs() / x).max() > 1.99 * ((round_to_tf32(x) - x).abs() / x).max()
