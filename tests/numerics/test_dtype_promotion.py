import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.guards.judge import Undecided
from snippets.numerics.dtype_promotion import assert_agrees_with_float64, difference, promoted
from snippets.numerics.wrong_dtype_promotion import difference_that_wraps, halves_that_are_cut
from tests.awkward import Case, Guard

REAL = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64,
        torch.float16, torch.bfloat16, torch.float32, torch.float64]
TENSORS = st.tuples(st.sampled_from(REAL), st.sampled_from([(), (1,), (2, 1)]))


NARROW = [torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2]


BYTES = [torch.uint8, torch.int8, torch.bool]


def exact_difference(x):
    y = x.flip(0)
    return (x.long() - y.long()).to(torch.int16) if x.dtype in BYTES else x - y


def is_the_result_type(x, result):
    assert result == torch.result_type(x, 1.0)


AWKWARD = [
    Case(difference, lambda f, x: f(x, x.flip(0)), like=exact_difference),
    Case(promoted, lambda f, x: f(x, 1.0), holds=is_the_result_type,
         outside={"complex64": "two real operands"}),
    Guard(assert_agrees_with_float64, lambda guard, x: guard(torch.clone, x),
          lambda guard, x: guard(lambda x: x.double() * 0 + (x.dtype != torch.float64), x)),
]


@pytest.mark.parametrize("dtype", [*BYTES, torch.int32, torch.int64, torch.float16, torch.float64])
def test_the_difference_keeps_dtypes_that_are_wider_than_a_byte(device, dtype):
    x = torch.tensor([0, 1, 100 if dtype in BYTES else 60_000], device=device).to(dtype)
    found = difference(x, x.flip(0))
    assert found.dtype == (torch.int16 if dtype in BYTES else dtype)
    assert found.tolist() == exact_difference(x).tolist()


def test_the_guard_refuses_what_it_cannot_compare():
    with pytest.raises(TypeError, match="real inputs"):
        assert_agrees_with_float64(torch.exp, torch.ones(2, dtype=torch.complex64))
    for x in (torch.ones(2, dtype=torch.float64), torch.ones(2, device="meta")):
        with pytest.raises(Undecided):
            assert_agrees_with_float64(torch.exp, x)


def answer(function, *operands):
    """The dtype, or the kind of error."""
    try:
        return function(*operands)
    except RuntimeError:
        return RuntimeError


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(of_tensors=st.lists(TENSORS, min_size=3, max_size=3))
def test_where_follows_the_same_rule(device, of_tensors):
    condition, *pair = (torch.ones(shape, dtype=dtype, device=device)
                        for dtype, shape in of_tensors)
    assert torch.where(condition.bool(), *pair).dtype == promoted(*pair)


@pytest.mark.parametrize("dtype", NARROW)
@pytest.mark.parametrize("shape", [(), (2,)])
def test_the_dtypes_that_torch_hardly_promotes_raise_as_in_torch(dtype, shape):
    x = torch.ones(shape).to(dtype)
    for other in [torch.ones(of_other).to(kind) for kind in REAL + NARROW
                  for of_other in [(), (2,)]]:
        assert answer(promoted, x, other) == answer(torch.result_type, x, other)
        assert answer(promoted, other, x) == answer(torch.result_type, other, x)


def test_a_numpy_scalar_is_a_python_number():
    x = torch.ones(2, dtype=torch.int64)
    assert promoted(x, np.float64(0.5)) == (x + np.float64(0.5)).dtype == torch.float32


@pytest.mark.parametrize(("number", "dtype"), [
    *[(kind(1), torch.int64) for kind in (np.int8, np.uint8, np.int64, np.uint64)],
    *[(kind(0.5), torch.float32) for kind in (np.float16, np.float32, np.float64)],
    (np.complex128(1j), torch.complex64), (np.bool_(True), torch.float32),
    (bool(np.bool_(True)), torch.int64), (complex(np.complex64(1j)), torch.complex64)])
def test_which_numpy_numbers_count_as_which_python_number(number, dtype):
    assert (torch.ones(2, dtype=torch.int64) + number).dtype == dtype


@pytest.mark.filterwarnings("ignore:Casting complex values")
def test_a_complex64_of_numpy_loses_its_imaginary_part():
    assert (torch.tensor([1, 2]) + np.complex64(1j)).tolist() == [1, 2]


def test_a_number_is_cut_and_a_tensor_through_a_mask_or_a_list_raises(device):
    counts = torch.tensor([0, 1, 2], device=device)
    for where in (counts >= 0, [0, 2], slice(2)):
        cut = counts.clone()
        cut[where] = 2.9
        assert cut[0] == 2
    for where in (counts >= 0, [0, 1, 2]):
        with pytest.raises(RuntimeError, match="dtypes match"):
            counts[where] = torch.tensor([0.5, 1.5, 2.9], device=device)


def test_a_comparison_wraps_an_integer_and_no_float(device):
    x = torch.tensor([20, 10, 250], dtype=torch.uint8, device=device)
    assert (x > 300).tolist() == [False, False, True]
    assert not (x > 300.0).any()
    assert not (x > torch.tensor([300], device=device)).any()


@pytest.mark.parametrize("large", [2**60, -2**60])
def test_integers_that_float64_cannot_hold_are_undecided(device, large):
    x = torch.tensor([large, large + 1], device=device)
    with pytest.raises(Undecided, match="above 2"):
        assert_agrees_with_float64(lambda x: x - x[0], x)
    assert_agrees_with_float64(lambda x: x > 0, x)
    with pytest.raises(AssertionError, match="in float64"):
        assert_agrees_with_float64(lambda x: (x * 2**40).double(), x // 2**30)


def test_a_sum_of_three_is_promoted_pair_by_pair():
    count, half = torch.ones((), dtype=torch.int64), torch.ones((), dtype=torch.float16)
    assert (count + 0.5 + half).dtype == torch.float32
    assert (count + half + 0.5).dtype == torch.float16


@pytest.mark.parametrize("dtype", [d for d in REAL if not d.is_floating_point])
def test_division_of_integers_gives_the_default_dtype(device, dtype):
    x = torch.ones(2, dtype=dtype, device=device)
    assert (x / x).dtype == torch.float32
    assert torch.result_type(x, x) == dtype


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_guard_has_teeth_in_half_precision(device, dtype):
    x = torch.tensor([1.0, 2.0, 3.0], dtype=dtype, device=device)
    assert_agrees_with_float64(lambda x: x.softmax(0), x)
    for wrong in (lambda x: x * (1.0 if x.dtype == torch.float64 else 1.5),
                  lambda x: x.softmax(0) * (x.dtype == torch.float64)):
        with pytest.raises(AssertionError, match="in float64"):
            assert_agrees_with_float64(wrong, x)


def test_the_guard_passes_nan_in_both_and_does_not_decide_about_nothing():
    assert_agrees_with_float64(lambda x: x + 1, torch.tensor([1.0, torch.nan]))
    with pytest.raises(Undecided):
        assert_agrees_with_float64(lambda x: x + 1, torch.ones(0))


@pytest.mark.parametrize("default", [torch.float16, torch.float32, torch.float64])
def test_a_python_float_has_the_default_dtype(device, default):
    before = torch.get_default_dtype()
    torch.set_default_dtype(default)
    try:
        x = torch.ones(2, dtype=torch.int64, device=device)
        assert promoted(x, 0.5) == (x + 0.5).dtype == default
    finally:
        torch.set_default_dtype(before)


def test_the_shape_of_a_scalar_decides_whether_a_half_overflows(device):
    half = torch.full((2,), 60000, dtype=torch.float16, device=device)
    other = torch.tensor(60000.0, device=device)
    assert (half + other).isinf().all()
    assert (half + other.view(1)).isfinite().all()


def test_the_difference_of_bytes_that_are_not_contiguous(device):
    x = torch.arange(256, dtype=torch.uint8, device=device).view(16, 16)
    torch.testing.assert_close(
        difference(x.T, x), (x.T.long() - x.long()).to(torch.int16))


def test_the_guard_passes_rounding_and_not_overflow(device):
    x = torch.tensor([1.0, 3.0, 300.0], dtype=torch.float16, device=device)
    assert_agrees_with_float64(lambda x: x / 3, x)
    with pytest.raises(AssertionError, match=r"inf in torch.float16 is 90000\.0"):
        assert_agrees_with_float64(lambda x: x * x, x)


def test_the_guard_sees_what_wraps_and_what_is_cut(device):
    x = torch.tensor([0, 1, 255], dtype=torch.uint8, device=device)
    for wrong in (lambda x: difference_that_wraps(x, x.flip(0)), halves_that_are_cut,
                  lambda x: x > 300, lambda x: x + 1):
        with pytest.raises(AssertionError, match="in float64: an integer wrapped"):
            assert_agrees_with_float64(wrong, x)
    assert_agrees_with_float64(lambda x: difference(x, x.flip(0)) if x.dtype == torch.uint8
                               else x - x.flip(0), x)


@pytest.mark.parametrize("dtype", [d for d in [*REAL, *NARROW] if not d.is_floating_point])
def test_integers_and_booleans_have_no_mean(device, dtype):
    with pytest.raises(RuntimeError, match="could not infer output dtype"):
        torch.ones(2, device=device).to(dtype).mean()


@pytest.mark.parametrize("shape", [(), (1,)])
def test_the_difference_from_a_wider_dtype_is_exact(device, shape):
    byte = torch.tensor([200], dtype=torch.uint8, device=device)
    wide = torch.full(shape, 70_000, device=device)
    assert difference(byte, wide).tolist() == [-69_800]
    assert difference(wide, byte).tolist() == [69_800]


def test_the_guard_hands_out_copies(device):
    byte = torch.tensor([200], dtype=torch.uint8, device=device)
    total = torch.tensor([1.0], dtype=torch.float64, device=device)
    assert_agrees_with_float64(lambda x, total: total.add_(x), byte, total)
    assert total.item() == 1.0
    with pytest.raises(AssertionError, match="wrapped"):
        assert_agrees_with_float64(lambda x, total: total.copy_(x + x), byte, total)
