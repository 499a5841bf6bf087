import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.losses.bce_vs_cross_entropy import one_logit, two_logits, two_probabilities
from snippets.losses.wrong_bce_vs_cross_entropy import (
    cross_entropy_of_one_column,
    cross_entropy_over_the_batch,
)

FIXED_DEVICE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NUMBERS = st.floats(-1e4, 1e4, allow_subnormal=False)
TARGETS = st.floats(0, 1, allow_subnormal=False)


def value_and_gradient(loss, *inputs):
    return loss, *torch.autograd.grad(loss, inputs)


@FIXED_DEVICE
@given(st.lists(st.tuples(NUMBERS, TARGETS), min_size=1))
def test_bce_is_cross_entropy_with_a_zero_logit(device, pairs):
    x, t = torch.tensor(pairs, dtype=torch.float64, device=device).unbind(1)
    x = x.clone().requires_grad_()
    torch.testing.assert_close(
        value_and_gradient(F.cross_entropy(two_logits(x), two_probabilities(t)), x),
        value_and_gradient(F.binary_cross_entropy_with_logits(x, t), x))


@FIXED_DEVICE
@given(st.lists(st.tuples(NUMBERS, st.sampled_from([0.0, 1.0])), min_size=1))
def test_hard_targets_may_be_indices(device, pairs):
    x, t = torch.tensor(pairs, dtype=torch.float64, device=device).unbind(1)
    x = x.clone().requires_grad_()
    torch.testing.assert_close(
        value_and_gradient(F.cross_entropy(two_logits(x), t.long()), x),
        value_and_gradient(F.binary_cross_entropy_with_logits(x, t), x))


@FIXED_DEVICE
@given(st.lists(st.tuples(NUMBERS, NUMBERS, TARGETS), min_size=1))
def test_two_logit_cross_entropy_is_bce_on_the_difference(device, rows):
    rows = torch.tensor(rows, dtype=torch.float64, device=device)
    z, t = rows[:, :2].clone().requires_grad_(), rows[:, 2]
    torch.testing.assert_close(
        value_and_gradient(F.cross_entropy(z, two_probabilities(t)), z),
        value_and_gradient(F.binary_cross_entropy_with_logits(one_logit(z), t), z))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_the_two_agree_in_lower_precision(device, dtype):
    x = torch.linspace(-9, 9, 37, dtype=dtype, device=device)
    t = torch.linspace(0, 1, 37, dtype=dtype, device=device)
    torch.testing.assert_close(
        F.cross_entropy(two_logits(x), two_probabilities(t)),
        F.binary_cross_entropy_with_logits(x, t))


@pytest.mark.parametrize("shape", [(2,), (4, 3), (4, 1), (4, 2, 5)])
def test_one_logit_wants_two_classes(device, shape):
    with pytest.raises(ValueError, match="not"):
        one_logit(torch.zeros(shape, device=device))


def test_one_column_teaches_nothing(device):
    x = torch.tensor([[30.0], [-30.0]], device=device, requires_grad=True)
    for t in torch.tensor([[[0.0], [1.0]], [[1.0], [0.0]]], device=device):
        loss, gradient = value_and_gradient(cross_entropy_of_one_column(x, t), x)
        assert loss == 0
        assert not gradient.any()
        assert F.binary_cross_entropy_with_logits(x, t) != 0


def test_over_the_batch_samples_change_one_another(device):
    x = torch.tensor([1.0, 0.0], device=device, requires_grad=True)
    t = torch.tensor([1.0, 0.0], device=device)
    _, wrong = value_and_gradient(cross_entropy_over_the_batch(x, t), x)
    _, right = value_and_gradient(F.binary_cross_entropy_with_logits(x, t), x)
    torch.testing.assert_close(right, (x.detach().sigmoid() - t) / 2)
    torch.testing.assert_close(wrong, x.detach().softmax(0) - t)
