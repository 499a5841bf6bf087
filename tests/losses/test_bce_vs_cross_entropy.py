import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.guards.losses import perfect_prediction_costs_nothing
from snippets.losses.bce_vs_cross_entropy import one_logit, two_logits, two_probabilities
from snippets.losses.wrong_bce_vs_cross_entropy import (
    cross_entropy_of_one_column,
    cross_entropy_over_the_batch,
)
from tests.awkward import Case


def in_front(x):
    return F.pad(x.unsqueeze(1), [0, 0] * (x.dim() - 1) + [1, 0])


def is_distribution(x, rows):
    assert torch.equal(rows[:, 1].nan_to_num(2), x.sigmoid().nan_to_num(2))
    sums = rows.double().sum(dim=1)
    eps = torch.finfo(rows.dtype).eps
    assert (sums.isnan() == x.isnan()).all()
    assert ((sums - 1).abs().nan_to_num(0) <= eps).all()


AWKWARD = [
    Case(two_logits, lambda two, x: two(x), like=in_front, shape=(5,)),
    Case(two_logits, lambda two, x: two(x), like=in_front),
    Case(one_logit, lambda one, x: one(x), shape=(4, 2),
         like=lambda x: (x * torch.tensor([-1, 1], device=x.device).to(x.dtype)).sum(dim=1)),
    Case(two_probabilities, lambda two, x: two(x.sigmoid() if x.is_floating_point() else x),
         holds=is_distribution, shape=(5,)),
]

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


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.bool])
def test_integers_are_no_logits_and_no_probabilities(device, dtype):
    with pytest.raises(TypeError, match="logits"):
        one_logit(torch.ones(3, 2, dtype=dtype, device=device))
    with pytest.raises(TypeError, match="probabilities"):
        two_probabilities(torch.ones(3, dtype=dtype, device=device))


def test_float8_raises_where_there_is_arithmetic(device):
    for function, shape in ((one_logit, (3, 2)), (two_probabilities, (3,))):
        with pytest.raises(RuntimeError, match="Float8"):
            function(torch.ones(shape, device=device).to(torch.float8_e4m3fn))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_pixels_have_their_classes_on_axis_1(device, reduction):
    x, t = torch.randn(3, 2, 5, device=device), torch.rand(3, 2, 5, device=device)
    torch.testing.assert_close(
        F.cross_entropy(two_logits(x), two_probabilities(t), reduction=reduction),
        F.binary_cross_entropy_with_logits(x, t, reduction=reduction))


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


def test_the_guard_needs_several_samples_of_class_1(device):
    guard = perfect_prediction_costs_nothing
    several, one = torch.tensor([[1.0, 0, 1, 0], [1, 0, 0, 0]], device=device)
    guard(F.binary_cross_entropy_with_logits, 2000 * several - 1000, several)
    guard(cross_entropy_over_the_batch, 2000 * one - 1000, one)
    with pytest.raises(AssertionError, match=r"a perfect prediction costs 1\.386"):
        guard(cross_entropy_over_the_batch, 2000 * several - 1000, several)


def test_the_guard_sees_a_softmax_over_one_class(device):
    t = torch.tensor([[1.0], [0.0]], device=device)
    with pytest.raises(AssertionError, match="over one class"):
        perfect_prediction_costs_nothing(cross_entropy_of_one_column, 2000 * t - 1000, t)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_a_float64_target_widens_the_loss_and_not_the_gradient(device, dtype):
    x = torch.zeros(2, dtype=dtype, device=device, requires_grad=True)
    t = torch.tensor([1.0, 0.5], dtype=torch.float64, device=device)
    loss = torch.nn.BCEWithLogitsLoss()(x, t)
    assert loss.dtype == torch.float64
    assert torch.autograd.grad(loss, x)[0].dtype == dtype


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16])
def test_bce_takes_the_dtype_of_its_target(device, dtype):
    x = torch.linspace(-3, 3, 8, device=device, dtype=dtype)
    t = torch.arange(8, device=device) % 2
    bce = F.binary_cross_entropy_with_logits(x, t.to(x.dtype))
    assert bce.dtype == dtype
    torch.testing.assert_close(bce, F.cross_entropy(two_logits(x), t))
    assert F.binary_cross_entropy_with_logits(x, t.float()).dtype == torch.float32


def test_one_logit_overflows_in_float16_alone(device):
    z = torch.tensor([[4e4, -4e4]], device=device)
    assert one_logit(z).item() == -8e4
    assert one_logit(z.half()).isneginf().all()
