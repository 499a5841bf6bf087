import pytest
import torch
import torch.nn.functional as F

from snippets.losses.all_targets_ignored import assert_finite_without_targets, mean_loss
from tests.awkward import Case, LeftOut


def some_ignored(x):
    """Class indices for logits (N, C, ...), every third of them ignored."""
    shape = x.movedim(1, -1).shape[:-1]
    index = torch.arange(shape.numel(), device=x.device).view(shape) % x.shape[1]
    return index.masked_fill(index % 3 == 2, -100)


def mean_of_kept(x):
    """The loss of the kept alone; without any, the sum over nothing."""
    target = some_ignored(x)
    kept = 0 if x.is_meta else (target != -100).sum()
    return F.cross_entropy(x, target, reduction="mean" if kept else "sum")


AWKWARD = [
    Case(mean_loss, lambda mean, x: mean(x, some_ignored(x)), like=mean_of_kept),
    Case(mean_loss, lambda mean, x: mean(x, some_ignored(x)), like=mean_of_kept,
         shape=(3, 4, 2, 2)),
    Case(mean_loss, lambda mean, x: mean(x, torch.full_like(some_ignored(x), -100)),
         like=lambda x: 0 * F.cross_entropy(
             x.nan_to_num(0, 0, 0), some_ignored(x), reduction="sum")),
    LeftOut(assert_finite_without_targets, "it makes the one batch that it needs"),
]


@pytest.mark.parametrize("loss", [
    F.cross_entropy,
    lambda z, t: F.cross_entropy(z, t, weight=torch.ones(3, device=z.device)),
    lambda z, t: F.cross_entropy(z, t, label_smoothing=0.1),
    F.nll_loss])
@pytest.mark.parametrize("rest", [(), (2,), (2, 2)])
def test_a_batch_without_targets_costs_nan_in_each_form(device, loss, rest):
    z = torch.zeros(2, 3, *rest, device=device, requires_grad=True)
    target = torch.full((2, *rest), -100, device=device)
    value = loss(z, target)
    gradient, = torch.autograd.grad(value, z)
    assert value.isnan()
    assert not gradient.any()
    target[0] = 1
    assert loss(z, target).isfinite()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("ignore_index", [-100, -1, 2])
def test_the_mean_is_torchs_and_0_without_targets(device, dtype, ignore_index):
    z = torch.randn(3, 4, device=device).to(dtype)
    target = torch.tensor([1, ignore_index, 3], device=device)
    torch.testing.assert_close(
        mean_loss(z, target, ignore_index), F.cross_entropy(z, target, ignore_index=ignore_index))
    assert mean_loss(z, torch.full_like(target, ignore_index), ignore_index) == 0


def test_class_probabilities_are_refused(device):
    soft = torch.full((2, 4), 0.25, device=device)
    with pytest.raises(TypeError, match="class indices"):
        mean_loss(torch.zeros(2, 4, device=device), soft)


def test_the_guard_fails_on_the_mean_over_nothing(device):
    with torch.device(device), pytest.raises(AssertionError, match="0/0"):
        assert_finite_without_targets(F.cross_entropy)
    with torch.device(device):
        assert_finite_without_targets(mean_loss)


def test_the_guard_fails_on_a_gradient_of_nan(device):
    def by_hand(z, target):
        each = F.cross_entropy(z, target.clamp(min=0), reduction="none")
        keep = target >= 0
        return ((each * keep).sum() / keep.sum()).nan_to_num(0)
    with torch.device(device), pytest.raises(AssertionError, match="the gradient nan"):
        assert_finite_without_targets(by_hand)


def test_a_loss_that_skips_the_batch_passes_the_guard(device):
    def skips(z, target):
        return mean_loss(z, target) if (target >= 0).any() else torch.tensor(0.0)
    with torch.device(device):
        assert_finite_without_targets(skips)


def test_the_guard_leaves_the_generator_as_it_was(device):
    with torch.device(device):
        before = torch.get_rng_state()
        assert_finite_without_targets(lambda z, t: mean_loss(F.dropout(z), t))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_zero_apart_from_the_logits_passes_the_guard(device):
    with torch.device(device):
        assert_finite_without_targets(lambda z, t: torch.zeros((), requires_grad=True))
