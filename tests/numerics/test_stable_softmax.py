import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.guards.judge import Undecided
from snippets.numerics.stable_softmax import (
    assert_stable,
    cross_entropy,
    log_softmax,
    softmax,
)
from snippets.numerics.wrong_stable_softmax import (
    cross_entropy_that_cancels,
    softmax_without_shift,
)
from tests.awkward import Case, Guard

FIXED_DEVICE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
DTYPES = [torch.float64, torch.float32, torch.bfloat16, torch.float16]
HARD_ROWS = [[1000.0, 0.0, -1000.0], [88.0, 88.0, 88.0], [-200.0, -201.0, -202.0],
             [60000.0, 60000.0, -60000.0], [0.0, 15.0, -math.inf], [11.0, 12.0, 11.0]]


def first(x):
    """The class index 0 for each sample."""
    return torch.zeros(len(x), dtype=torch.int64, device=x.device)


AWKWARD = [
    Case(softmax, lambda f, x: f(x, 1), like=lambda x: F.softmax(x, 1)),
    Case(log_softmax, lambda f, x: f(x, 1), like=lambda x: F.log_softmax(x, 1)),
    Case(cross_entropy, lambda f, x: f(x, first(x)), like=lambda x: F.cross_entropy(x, first(x))),
    Guard(assert_stable, lambda guard, x: guard(lambda x: softmax(x, -1), x),
          lambda guard, x: guard(softmax_without_shift, x)),
]


@st.composite
def logits_and_dim(draw):
    """Float64 logits of up to three axes, non-contiguous, of any size, and an axis."""
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    scale = draw(st.sampled_from([1e-3, 1.0, 1e3]))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    logits = scale * torch.randn(shape, generator=generator, dtype=torch.float64)
    return logits.mT if logits.ndim > 1 else logits, draw(st.integers(-len(shape), len(shape) - 1))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("ours", "theirs"), [(softmax, F.softmax), (log_softmax, F.log_softmax)])
def test_hard_rows_equal_float64_rounded_once(device, ours, theirs, dtype):
    logits = torch.tensor(HARD_ROWS, dtype=dtype, device=device)
    assert ours(logits, 1).dtype == dtype
    torch.testing.assert_close(ours(logits, 1), theirs(logits.double(), 1).to(dtype))


@FIXED_DEVICE
@given(logits_and_dim())
def test_values_and_gradients_equal_torch_over_any_axis(device, case):
    logits, dim = case
    logits = logits.to(device).requires_grad_()
    for ours, theirs in [(softmax, F.softmax), (log_softmax, F.log_softmax)]:
        y, expected = ours(logits, dim), theirs(logits, dim)
        torch.testing.assert_close(y, expected)
        torch.testing.assert_close(torch.autograd.grad(y.square().sum(), logits),
                                   torch.autograd.grad(expected.square().sum(), logits))


@pytest.mark.parametrize("dtype", DTYPES)
def test_cross_entropy_equals_torch_in_value_and_gradient(device, dtype):
    logits = torch.tensor(HARD_ROWS[:4], dtype=dtype, device=device).requires_grad_()
    for target in [[0, 1, 2, 0], [2, 0, 1, 1]]:
        target = torch.tensor(target, device=device)
        ours, theirs = cross_entropy(logits, target), F.cross_entropy(logits.double(), target)
        torch.testing.assert_close(ours, theirs.to(dtype))
        torch.testing.assert_close(torch.autograd.grad(ours, logits),
                                   torch.autograd.grad(theirs, logits))


@pytest.mark.parametrize("offset", [0.0, 1000.0, -1000.0])
def test_cross_entropy_of_a_confident_prediction_is_not_zero(device, offset):
    logits = torch.tensor([[0.0, 15.0]], device=device) + offset
    target = torch.tensor([1], device=device)
    exact = math.log1p(math.exp(-15))
    assert cross_entropy(logits, target).item() == pytest.approx(exact, rel=0.2)
    assert F.cross_entropy(logits, target).item() == pytest.approx(exact, rel=0.2)
    assert cross_entropy_that_cancels(logits, target) == 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_each_function_ignores_an_exact_shift(device, dtype):
    logits = torch.tensor([[3.0, -1.0, 2.0]], dtype=dtype, device=device)
    target = torch.tensor([1], device=device)
    for shift in [-64.0, 128.0]:
        assert torch.equal(softmax(logits + shift, 1), softmax(logits, 1))
        assert torch.equal(log_softmax(logits + shift, 1), log_softmax(logits, 1))
        assert torch.equal(cross_entropy(logits + shift, target), cross_entropy(logits, target))


@pytest.mark.parametrize(("dtype", "low"), [(torch.float32, 88), (torch.bfloat16, 88),
                                            (torch.float16, 11), (torch.float64, 709)])
def test_without_the_shift_the_sum_fails_and_then_exp(device, dtype, low):
    zeros = softmax_without_shift(torch.full((3,), low, dtype=dtype, device=device))
    assert (zeros == 0).all()
    nan, zero = softmax_without_shift(torch.tensor([low + 1, 0], dtype=dtype, device=device))
    assert nan.isnan()
    assert zero == 0


@pytest.mark.parametrize("low", [-104.0, -1000.0])
def test_without_the_shift_very_negative_logits_are_nan(device, low):
    logits = torch.full((2, 3), low, device=device)
    assert softmax_without_shift(logits).isnan().all()
    torch.testing.assert_close(softmax(logits, 1), torch.full_like(logits, 1 / 3))


def test_without_the_shift_the_gradient_is_nan_in_every_class(device):
    logits = torch.tensor([1000.0, 0.0, -1.0], device=device).requires_grad_()
    grad, = torch.autograd.grad(softmax_without_shift(logits)[2], logits)
    assert grad.isnan().all()


def test_softmax_by_hand_is_nan_where_torch_is(device):
    logits = torch.tensor([[math.inf, 0.0], [-math.inf, -math.inf]], device=device)
    assert softmax(logits, 1).isnan().all()
    assert F.softmax(logits, 1).isnan().all()


def second(x):
    """The class index 1, as a batch of one."""
    return torch.ones(1, dtype=torch.int64, device=x.device)


@pytest.mark.parametrize(("call", "logits"), [
    (softmax_without_shift, [1.0, 2.0, 3.0]), (softmax_without_shift, [0.0]),
    (lambda x: F.softmax(x, dim=-1).log(), [0.0, 200.0]),
    (lambda x: cross_entropy_that_cancels(x[None], second(x)), [0.0, 15.0])])
def test_what_overflows_or_cancels_is_not_stable(device, call, logits):
    with pytest.raises(AssertionError, match="at logits"):
        assert_stable(call, torch.tensor(logits, device=device))


@pytest.mark.parametrize("logits", [[0.0, 15.0], [0.0, 200.0], [3.0, 1.5, -0.25], [600.0, 600.0]])
@pytest.mark.parametrize("call", [
    lambda x: softmax(x, dim=-1), lambda x: log_softmax(x, dim=-1), lambda x: x.softmax(dim=-1),
    lambda x: cross_entropy(x[None], second(x)), lambda x: F.cross_entropy(x[None], second(x))])
def test_what_subtracts_the_maximum_is_stable(device, call, logits):
    assert_stable(call, torch.tensor(logits, device=device))


@pytest.mark.parametrize("fill", [-math.inf, math.nan])
def test_what_is_not_finite_in_float64_either_does_not_pass(device, fill):
    x, hide = torch.zeros(2, device=device), torch.tensor([True, True], device=device)
    with pytest.raises(AssertionError, match="float64 too"):
        assert_stable(lambda x: x.masked_fill(hide, fill).softmax(dim=0), x)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("logits", [None, [0.0, 16.7], [0.0, 20.0], [0.0, 60.0]])
@pytest.mark.parametrize("call", [
    lambda x: F.log_softmax(x, dim=-1), lambda x: F.cross_entropy(x[None], second(x)),
    lambda x: F.softmax(x, dim=-1)])
def test_functions_of_torch_are_stable_where_logits_lie_far_apart(device, call, logits, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(8, generator=generator) * 10 if logits is None else torch.tensor(logits)
    assert_stable(call, x.to(device))


def test_the_guard_takes_a_softmax_in_float32_and_leaves_the_logits_alone(device):
    x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, device=device)
    assert_stable(lambda x: x.float().softmax(dim=0), x)
    with pytest.raises(AssertionError):
        assert_stable(torch.Tensor.exp_, x)
    assert x.tolist() == [1, 2, 3]


def test_no_numbers_are_undecided():
    with pytest.raises(Undecided):
        assert_stable(lambda x: x.softmax(-1), torch.zeros(2, 0))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int64, torch.bool])
@pytest.mark.parametrize("call", [
    lambda x: softmax(x, 1), lambda x: log_softmax(x, 1),
    lambda x: cross_entropy(x, torch.tensor([0], device=x.device))])
def test_integers_raise(device, dtype, call):
    with pytest.raises(TypeError, match="floats first"):
        call(torch.tensor([[0, 255]], device=device).to(dtype))


@pytest.mark.parametrize(("shape", "dim"), [((2, 0), 1), ((0, 2), 1), ((0,), 0)])
def test_no_classes_give_an_empty_result_as_in_torch(device, shape, dim):
    x = torch.zeros(shape, device=device)
    assert softmax(x, dim).shape == log_softmax(x, dim).shape == F.softmax(x, dim).shape


@pytest.mark.parametrize("logits", [[math.nan, 0.0], [math.inf, 0.0], [1e8, 1e8 + 3]])
def test_the_guard_is_undecided_about_logits_that_float32_cannot_hold(device, logits):
    with pytest.raises(Undecided, match="finite logits"):
        assert_stable(lambda x: softmax(x, -1),
                      torch.tensor(logits, dtype=torch.float64, device=device))


def test_the_guard_refuses_what_it_cannot_compare():
    with pytest.raises(Undecided):
        assert_stable(lambda x: softmax(x, -1), torch.zeros(2, device="meta"))
    with pytest.raises(TypeError, match="real logits"):
        assert_stable(lambda x: softmax(x, -1), torch.zeros(2, dtype=torch.complex64))
