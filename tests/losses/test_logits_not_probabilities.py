import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.guards.losses import perfect_prediction_costs_nothing
from snippets.losses.logits_not_probabilities import binary_cross_entropy
from snippets.losses.wrong_logits_not_probabilities import (
    bce_of_probabilities,
    cross_entropy_of_probabilities,
    log_of_sigmoid_loss,
)
from tests.awkward import Case


def soft(x):
    return (torch.arange(x.numel(), device=x.device) % 3).view(x.shape).to(x.dtype) / 2


AWKWARD = [
    Case(binary_cross_entropy, lambda f, x: f(x, soft(x)),
         like=lambda x: F.binary_cross_entropy_with_logits(x, soft(x), reduction="none")),
]

FIXED_DEVICE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NUMBERS = st.floats(-1e4, 1e4, allow_subnormal=False)
ROWS = st.integers(2, 6).flatmap(
    lambda c: st.lists(st.lists(NUMBERS, min_size=c, max_size=c), min_size=1, max_size=5))


@FIXED_DEVICE
@given(st.lists(st.tuples(NUMBERS, st.floats(0, 1, allow_subnormal=False)), min_size=1))
def test_bce_from_logsigmoid_is_the_fused_loss(device, pairs):
    x, t = torch.tensor(pairs, dtype=torch.float64, device=device).unbind(1)
    x = x.clone().requires_grad_()
    ours = binary_cross_entropy(x, t)
    reference = F.binary_cross_entropy_with_logits(x, t, reduction="none")
    torch.testing.assert_close(ours, reference)
    torch.testing.assert_close(
        torch.autograd.grad(ours.sum(), x), torch.autograd.grad(reference.sum(), x))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_bce_from_logsigmoid_is_finite_in_lower_precision(device, dtype):
    x = torch.tensor([-1e4, -20, 0, 20, 1e4], dtype=dtype, device=device).requires_grad_()
    for t in [torch.zeros_like(x), torch.ones_like(x)]:
        loss = binary_cross_entropy(x, t)
        gradient, = torch.autograd.grad(loss.sum(), x)
        assert loss.isfinite().all()
        torch.testing.assert_close(gradient, x.detach().sigmoid() - t)


@FIXED_DEVICE
@given(ROWS)
def test_the_softmax_twice_has_a_floor(device, rows):
    z = torch.tensor(rows, dtype=torch.float64, device=device)
    floor = math.log(1 + (z.shape[1] - 1) / math.e)
    assert cross_entropy_of_probabilities(z, z.argmax(dim=1)) >= floor - 1e-12


@FIXED_DEVICE
@given(st.lists(NUMBERS, min_size=1))
def test_the_sigmoid_twice_has_a_floor(device, numbers):
    x = torch.tensor(numbers, dtype=torch.float64, device=device)
    right = (x > 0).double()
    ones = math.log(1 + 1 / math.e)
    floor = (right * ones + (1 - right) * math.log(2)).mean()
    assert bce_of_probabilities(x, right) >= floor - 1e-12


@FIXED_DEVICE
@given(ROWS)
def test_a_log_softmax_before_cross_entropy_changes_nothing(device, rows):
    z = torch.tensor(rows, dtype=torch.float64, device=device)
    target = z.argmin(dim=1)
    torch.testing.assert_close(
        F.cross_entropy(F.log_softmax(z, dim=1), target), F.cross_entropy(z, target))


@pytest.mark.parametrize(("dtype", "x"), [
    (torch.bfloat16, 7), (torch.float16, 9), (torch.float32, 17), (torch.float64, 37)])
def test_the_log_of_a_sigmoid_breaks_where_the_sigmoid_rounds_to_1(device, dtype, x):
    x, t = torch.tensor([x, x], dtype=dtype, device=device), torch.tensor([0, 1], device=device)
    wrong = log_of_sigmoid_loss(x, t.to(dtype))
    assert wrong[0].isinf()
    assert wrong[1].isnan()
    assert binary_cross_entropy(x, t.to(dtype)).isfinite().all()
    assert log_of_sigmoid_loss(x - 1, t.to(dtype)).isfinite().all()


@pytest.mark.parametrize("loss", [
    bce_of_probabilities, lambda x, t: log_of_sigmoid_loss(x, t).mean(),
    lambda x, t: F.cross_entropy(torch.stack((-x, x), dim=1).softmax(dim=1), t.long())])
def test_the_guard_fails_what_is_taken_twice_or_written_out(device, loss):
    t = torch.tensor([1.0, 0.0, 0.0], device=device)
    with pytest.raises(AssertionError, match="a perfect prediction costs"):
        perfect_prediction_costs_nothing(loss, 2000 * t - 1000, t)


@pytest.mark.parametrize("loss", [
    F.binary_cross_entropy_with_logits, lambda x, t: binary_cross_entropy(x, t).mean(),
    lambda x, t: F.binary_cross_entropy(x.sigmoid(), t)])
def test_the_guard_passes_what_costs_nothing_even_without_a_gradient(device, loss):
    t = torch.tensor([1.0, 0.0, 0.0], device=device)
    perfect_prediction_costs_nothing(loss, 2000 * t - 1000, t)


def test_bce_by_hand_refuses_to_broadcast(device):
    with pytest.raises(ValueError, match="is not"):
        binary_cross_entropy(torch.zeros(4, device=device), torch.zeros(4, 1, device=device))
