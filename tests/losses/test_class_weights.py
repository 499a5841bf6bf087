import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.guards.losses import loss_is_mean_of_samples
from snippets.losses.class_weights import class_weighted_bce, summed_loss
from snippets.losses.wrong_class_weights import mean_of_means
from tests.awkward import Case


def classes(x):
    """A class for each row."""
    return torch.arange(len(x), device=x.device) % 2


def weights(x):
    return torch.tensor([1.0, 3.0, 0.5, 2.0], device=x.device).to(x.dtype)


def binary(x):
    return (torch.arange(x.numel(), device=x.device) % 2).view(x.shape).to(x.dtype)


def weighted_pair(x):
    """BCE as cross entropy over the logits 0 and x, in a dtype that holds the sum."""
    t, each = binary(x), weights(x)[binary(x).long()]
    loss = F.binary_cross_entropy_with_logits(x, t, weight=each, reduction="sum")
    return loss / each.sum()


AWKWARD = [
    Case(summed_loss, lambda f, x: f(x, classes(x), weights(x)), like=lambda x: (
        F.cross_entropy(x, classes(x), weights(x), reduction="sum"),
        weights(x)[classes(x)].sum()), outside={"on meta": "Not on meta"}),
    Case(class_weighted_bce, lambda f, x: f(x, binary(x), weights(x)[:2]), like=weighted_pair,
         compiled=False, outside={"on meta": "Not on meta"}),
]

FIXED_DEVICE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WEIGHTS = st.floats(0.125, 8)


@FIXED_DEVICE
@given(st.lists(st.sampled_from([0, 1, 2, 7]), min_size=1, max_size=8),
       st.tuples(WEIGHTS, WEIGHTS, WEIGHTS), st.integers(0, 8))
def test_added_up_parts_are_the_loss_of_the_batch(device, index, weight, cut):
    index = torch.tensor(index, device=device)
    weight = torch.tensor(weight, dtype=torch.float64, device=device)
    z = torch.arange(3.0 * len(index), dtype=torch.float64, device=device).sin().view(-1, 3)
    parts = [summed_loss(z[rows], index[rows], weight, ignore_index=7)
             for rows in [slice(cut), slice(cut, None)]]
    total, weights = (a + b for a, b in zip(*parts, strict=True))
    torch.testing.assert_close(
        total / weights, F.cross_entropy(z, index, weight, ignore_index=7), equal_nan=True)


def test_a_batch_of_ignored_targets_adds_nothing(device):
    z = torch.zeros(2, 3, device=device, requires_grad=True)
    index = torch.tensor([-100, -100], device=device)
    total, weights = summed_loss(z, index, torch.ones(3, device=device))
    gradient, = torch.autograd.grad(total, z)
    assert total == 0
    assert weights == 0
    assert not gradient.any()
    assert F.cross_entropy(z, index).isnan()


@FIXED_DEVICE
@given(st.lists(st.tuples(st.floats(-1e3, 1e3, allow_subnormal=False), st.booleans()), min_size=1),
       st.tuples(WEIGHTS, WEIGHTS))
def test_class_weighted_bce_is_weighted_cross_entropy(device, pairs, weight):
    x, t = torch.tensor(pairs, dtype=torch.float64, device=device).unbind(1)
    x = x.clone().requires_grad_()
    weight = torch.tensor(weight, dtype=torch.float64, device=device)
    ours = class_weighted_bce(x, t, weight)
    reference = F.cross_entropy(torch.stack((torch.zeros_like(x), x), dim=1), t.long(), weight)
    torch.testing.assert_close(ours, reference)
    torch.testing.assert_close(
        torch.autograd.grad(ours, x), torch.autograd.grad(reference, x))


@pytest.mark.parametrize(("weight", "same"), [([1.0, 1.0], True), ([1.0, 3.0], False)])
def test_a_mean_of_means_is_the_mean_only_where_the_parts_weigh_the_same(device, weight, same):
    z = torch.tensor([[0.0, 0.0]] * 3 + [[4.0, 0.0]], device=device)
    index, weight = torch.tensor([0, 0, 0, 1], device=device), torch.tensor(weight, device=device)
    wrong = mean_of_means(z, index, weight, parts=2)
    assert torch.allclose(wrong, F.cross_entropy(z, index, weight)) == same


def test_the_guard_asks_for_the_mean_that_count_names(device):
    weight = torch.tensor([1.0, 3.0], dtype=torch.float64, device=device)
    z = torch.tensor([[0.0, 0.0]] * 3 + [[4.0, 0.0]], device=device)
    index = torch.tensor([0, 0, 0, 1], device=device)
    one_hot = F.one_hot(index, 2).double()

    def by_weight(target):
        return weight[target].sum()

    def quotient(z, t):
        total, weights = summed_loss(z, t, weight)
        return total / weights

    loss_is_mean_of_samples(quotient, z, index, count=by_weight)
    loss_is_mean_of_samples(lambda z, t: F.cross_entropy(z, t, weight), z, one_hot)
    for loss, target, count in [
            (quotient, index, None),
            (lambda z, t: F.cross_entropy(z, t, weight), one_hot, lambda t: by_weight(t.argmax(1))),
            (lambda z, t: mean_of_means(z, t, weight, parts=2), index, by_weight)]:
        with pytest.raises(AssertionError, match="the batch costs"):
            loss_is_mean_of_samples(loss, z, target, count=count)


def test_soft_targets_have_no_class(device):
    x, weight = torch.zeros(2, device=device), torch.ones(2, device=device)
    with pytest.raises(ValueError, match="0 or 1"):
        class_weighted_bce(x, x + 0.9, weight)
    with pytest.raises(TypeError, match="class indices"):
        summed_loss(torch.zeros(2, 2, device=device), torch.zeros(2, 2, device=device), weight)


def test_with_class_weights_label_smoothing_is_least_at_the_weighted_target(device):
    rates = torch.tensor([1.0, 3.0, 0.5], dtype=torch.float64, device=device)
    smooth = torch.tensor([0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3], dtype=torch.float64, device=device)
    best = (rates * smooth / (rates * smooth).sum()).log()[None].requires_grad_()
    loss = F.cross_entropy(best, torch.tensor([0], device=device), rates, label_smoothing=0.1)
    gradient, = torch.autograd.grad(loss, best)
    assert gradient.abs().max() < 1e-12


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64])
def test_indices_of_each_dtype_that_cross_entropy_takes(dtype):
    z, weight = torch.randn(4, 3), torch.tensor([0.5, 1.0, 2.0])
    index = torch.tensor([0, 1, 2, 1], dtype=dtype)
    total, weights = summed_loss(z, index, weight)
    torch.testing.assert_close(total / weights, F.cross_entropy(z, index, weight))


def test_bce_divides_by_the_elements_and_cross_entropy_by_the_pixels():
    z, t = torch.randn(4, 3), torch.rand(4, 3)
    bce = F.binary_cross_entropy_with_logits
    torch.testing.assert_close(bce(z, t), bce(z, t, reduction="sum") / 12)
    image = torch.randn(2, 3, 5, 5)
    soft = image.softmax(dim=1)
    torch.testing.assert_close(
        F.cross_entropy(image, soft), F.cross_entropy(image, soft, reduction="sum") / 50)


def test_a_negative_ignore_index_is_passed_over_with_probabilities():
    z, soft = torch.randn(4, 2), torch.rand(4, 2)
    assert torch.equal(F.cross_entropy(z, soft, ignore_index=-1), F.cross_entropy(z, soft))


def test_the_guard_takes_ignored_targets_of_weight_0():
    z, index = torch.tensor([[0.0, 0.0]] * 3 + [[9.0, 0.0]]), torch.tensor([0, 0, -100, 1])
    loss_is_mean_of_samples(F.cross_entropy, z, index, count=lambda t: (t != -100).sum())
