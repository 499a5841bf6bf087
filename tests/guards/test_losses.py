import contextlib
import math
import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.guards.judge import Undecided
from snippets.guards.losses import (
    cost,
    loss_is_mean_of_samples,
    perfect_prediction_costs_nothing,
)
from snippets.guards.wrong_losses import (
    cross_entropy_divided_twice,
    cross_entropy_with_padding,
    mse_of_all_pairs,
)
from snippets.losses.wrong_bce_vs_cross_entropy import cross_entropy_of_one_column
from snippets.losses.wrong_logits_not_probabilities import (
    bce_of_probabilities,
    cross_entropy_of_probabilities,
    log_of_sigmoid_loss,
)
from tests.awkward import Guard, LeftOut

AWKWARD = [
    LeftOut(cost, "it calls the loss, which decides what it takes"),
    Guard(perfect_prediction_costs_nothing,
          right=lambda guard, x: guard(
              lambda p, t: ((p != t) & ~p.isnan()).double().mean(), x, x),
          wrong=lambda guard, x: guard(lambda p, t: (p == t).double().mean(), x, x)),
    Guard(loss_is_mean_of_samples,
          right=lambda guard, x: guard(lambda p, t: (p != t).double().mean(), x, x.flip(1)),
          wrong=lambda guard, x: guard(
              lambda p, t: 1 + (p != t).double().sum(), x, x.flip(1))),
]

BCE = F.binary_cross_entropy_with_logits


def classes(device, c=10):
    return 2000 * torch.eye(c, device=device) - 1000, torch.arange(c, device=device)


def numbers(device, n=6):
    x = torch.arange(float(n), device=device) ** 2
    return x[:, None], x


def bits(device):
    t = torch.tensor([0.0, 1.0, 1.0], device=device)
    return 2000 * t - 1000, t


def noisy(device, *shape):
    return torch.arange(math.prod(shape), device=device).view(shape).sin()


def squeezed(p, t):
    return F.mse_loss(p.squeeze(1), t)


@pytest.mark.parametrize(("loss", "data"), [
    (cross_entropy_of_probabilities, classes), (mse_of_all_pairs, numbers),
    (bce_of_probabilities, bits), (lambda z, t: log_of_sigmoid_loss(z, t).mean(), bits),
    (lambda z, t: F.cross_entropy(z, t.flip(0)), classes),
    (lambda z, t: F.nll_loss(z, t), classes), (lambda z, t: z.sum() * float("nan"), classes),
    (lambda z, t: F.l1_loss(z[:, 0], t) + 0.1, numbers)])
def test_a_perfect_prediction_that_costs_something_fails(device, loss, data):
    with pytest.raises(AssertionError, match="a perfect prediction costs"):
        perfect_prediction_costs_nothing(loss, *data(device))


@pytest.mark.parametrize("loss", [
    lambda z, t: -F.cross_entropy(z, t), lambda z, t: cross_entropy_of_one_column(z[:, :1], t * 0),
    lambda z, t: z.sum() * 0])
def test_a_wrong_prediction_that_costs_nothing_fails(device, loss):
    with pytest.raises(AssertionError, match=r"a wrong prediction costs (0|-2000): "):
        perfect_prediction_costs_nothing(loss, *classes(device))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize(("loss", "data"), [
    (F.cross_entropy, classes), (nn.CrossEntropyLoss(reduction="sum"), classes), (BCE, bits),
    (squeezed, numbers), (lambda p, t: F.l1_loss(p[:, 0], t), numbers)])
def test_losses_that_are_zero_at_their_best_pass(device, dtype, loss, data):
    prediction, target = data(device)
    target = target.to(dtype) if target.is_floating_point() else target
    perfect_prediction_costs_nothing(loss, prediction.to(dtype), target)


def test_a_wrong_prediction_that_costs_infinity_hides_nothing(device):
    def loss(z, t):
        right = z.argmax(1) == t
        return torch.where(right, 0.5, float("inf")).mean()
    with pytest.raises(AssertionError, match=r"costs 0\.5, a wrong one inf"):
        perfect_prediction_costs_nothing(loss, *classes(device))
    with pytest.raises(AssertionError, match=r"costs 5e-06, a wrong one inf"):
        perfect_prediction_costs_nothing(lambda z, t: loss(z, t) * 1e-5, *classes(device))


def test_two_samples_are_enough(device):
    logits, target = classes(device, 2)
    perfect_prediction_costs_nothing(F.cross_entropy, logits, target)


def test_a_cost_that_is_small_beside_a_wrong_one_is_nothing(device):
    def rounded(p, t):
        return ((p[:, 0] - t).square() + 1e-12).sqrt().mean()

    perfect_prediction_costs_nothing(rounded, *numbers(device))


@pytest.mark.parametrize("guard", [perfect_prediction_costs_nothing, loss_is_mean_of_samples])
def test_a_loss_that_is_trained_gives_no_warning(device, guard):
    prediction, target = numbers(device)
    scale = torch.ones((), device=device, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with contextlib.suppress(Undecided):
            guard(lambda p, t: squeezed(p, t) * scale.to(p), prediction, target)


def test_the_first_guard_runs_in_the_dtype_that_it_is_given(device):
    logits, target = classes(device)
    weight = torch.arange(1.0, 11.0, device=device)
    perfect_prediction_costs_nothing(
        lambda z, t: F.cross_entropy(z, t, weight), logits.float(), target)


def test_no_wrong_prediction_is_undecided(device):
    logits, target = classes(device)
    with pytest.raises(Undecided, match="same"):
        perfect_prediction_costs_nothing(F.cross_entropy, logits[:1], target[:1])
    with pytest.raises(Undecided, match="same"):
        perfect_prediction_costs_nothing(F.cross_entropy, logits, target * 0)
    with pytest.raises(Undecided, match="random"):
        perfect_prediction_costs_nothing(
            lambda z, t: F.cross_entropy(z, t) + torch.rand((), device=device), logits, target)


@pytest.mark.parametrize(("loss", "data"), [
    (cross_entropy_divided_twice, classes), (mse_of_all_pairs, numbers),
    (nn.CrossEntropyLoss(reduction="sum"), classes),
    (lambda p, t: F.mse_loss(p.squeeze(1), t).sqrt(), numbers),
    (lambda z, t: F.cross_entropy((z - z.mean(0)) / (1 + z.std(0, correction=0)), t), classes),
    (lambda z, t: F.cross_entropy(z, t) * (float("nan") if len(t) > 1 else 1), classes)])
def test_a_batch_that_is_not_the_mean_fails(device, loss, data):
    prediction, target = data(device)
    with pytest.raises(AssertionError, match="the batch costs"):
        loss_is_mean_of_samples(loss, noisy(device, *prediction.shape), target)


def test_a_sum_of_equal_costs_fails(device):
    with pytest.raises(AssertionError, match=r"costs 6\.931, its samples 0\.6931 "):
        loss_is_mean_of_samples(nn.BCEWithLogitsLoss(reduction="sum"),
                                torch.zeros(10, device=device), torch.zeros(10, device=device))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize(("loss", "data"), [
    (F.cross_entropy, classes), (BCE, bits), (squeezed, numbers),
    (nn.CrossEntropyLoss(label_smoothing=0.1), classes),
    (lambda z, t: F.cross_entropy(z, t) + 1e3, classes)])
def test_means_of_samples_pass(device, dtype, loss, data):
    prediction, target = data(device)
    target = target.to(dtype) if target.is_floating_point() else target
    loss_is_mean_of_samples(loss, noisy(device, *prediction.shape).to(dtype), target)


def test_tokens_and_weights_are_counted(device):
    logits = noisy(device, 3, 4, 5)
    target = torch.tensor([[0, 1, 2, 3, 0], [1, 1, -100, -100, -100], [-100, 2, 2, 3, -100]],
                          device=device)

    def tokens(t):
        return (t != -100).sum()

    loss_is_mean_of_samples(F.cross_entropy, logits, target, count=tokens)
    for loss, count in [(F.cross_entropy, None), (cross_entropy_with_padding, tokens)]:
        with pytest.raises(AssertionError, match="padding in the mean"):
            loss_is_mean_of_samples(loss, logits, target, count=count)
    loss_is_mean_of_samples(cross_entropy_with_padding, logits, target)
    weight = torch.arange(1.0, 5.0, device=device)
    loss = nn.CrossEntropyLoss(weight)
    loss_is_mean_of_samples(loss, logits[..., 0], target[:, 1], count=lambda t: weight[t].sum())
    with pytest.raises(AssertionError, match="other weight"):
        loss_is_mean_of_samples(loss, logits[..., 0], target[:, 1])
    assert loss.weight.dtype == torch.float32


def test_means_that_prove_nothing_are_undecided(device):
    prediction, target = numbers(device)
    with pytest.raises(Undecided, match="cost the same"):
        loss_is_mean_of_samples(squeezed, prediction, target)
    with pytest.raises(Undecided, match="cost the same"):
        loss_is_mean_of_samples(squeezed, prediction[:1] + 1, target[:1])
    with pytest.raises(Undecided, match="weigh the same"):
        loss_is_mean_of_samples(squeezed, prediction * 2, target, count=len)
    logits, target = classes(device)
    target[3] = -100
    with pytest.raises(Undecided, match="inf or nan"):
        loss_is_mean_of_samples(F.cross_entropy, logits, target)


def test_a_sample_that_weighs_nothing_is_not_asked_what_it_costs(device):
    logits, target = noisy(device, 4, 3), torch.tensor([0, -100, 2, 1], device=device)

    def count(t):
        return (t >= 0).sum()

    def over_all(z, t):
        return F.cross_entropy(z, t, reduction="sum") / len(t)

    loss_is_mean_of_samples(F.cross_entropy, logits, target, count=count)
    with pytest.raises(AssertionError, match="padding in the mean"):
        loss_is_mean_of_samples(over_all, logits, target, count=count)
    with pytest.raises(Undecided, match="the counts add up to 0"):
        loss_is_mean_of_samples(over_all, logits, target * 0 - 100, count=count)


@pytest.mark.parametrize("guard", [perfect_prediction_costs_nothing, loss_is_mean_of_samples])
def test_nothing_is_left_changed(device, guard):
    logits, target = classes(device)
    logits = logits.double().requires_grad_()
    before, state = logits.detach().clone(), torch.get_rng_state()
    calls = nn.BatchNorm1d(10, affine=False).to(device, torch.float64)

    class Loss(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = calls

        def forward(self, z, t):
            torch.rand(2)
            if len(z) > 1:
                self.norm(z)
            loss = F.cross_entropy(z, t)
            z.detach().zero_()
            t.zero_()
            return loss

    try:
        guard(Loss(), logits, target)
    except Undecided:
        assert guard is loss_is_mean_of_samples
    assert torch.equal(logits, before)
    assert torch.equal(target, torch.arange(10, device=device))
    assert torch.equal(torch.get_rng_state(), state)
    assert calls.num_batches_tracked == 0
    assert logits.grad is None


GUARDS = [perfect_prediction_costs_nothing, loss_is_mean_of_samples]


@pytest.mark.parametrize("guard", GUARDS)
def test_a_module_inside_of_a_function_is_copied_too(device, guard):
    logits, target = classes(device)
    logits, weight = logits.float(), torch.arange(1.0, 11.0, device=device)
    loss, norm = nn.CrossEntropyLoss(weight), nn.BatchNorm1d(1, affine=False).to(device)

    def call(z, t):
        norm(z.flatten().unsqueeze(1))
        return loss(z, t)

    options = {"count": lambda t: weight[t].sum()} if guard is loss_is_mean_of_samples else {}
    prediction = logits if guard is perfect_prediction_costs_nothing else noisy(device, 10, 10)
    guard(call, prediction, target, **options)
    assert norm.num_batches_tracked == 0
    assert loss.weight.dtype == torch.float32


def test_weights_that_stay_in_float32_are_undecided(device):
    logits, target = classes(device)
    weight = torch.arange(1.0, 11.0, device=device)
    with pytest.raises(Undecided, match="of another dtype") as caught:
        loss_is_mean_of_samples(lambda z, t: F.cross_entropy(z, t, weight), logits, target)
    assert "Double" in str(caught.value.__cause__)


@pytest.mark.parametrize("guard", GUARDS)
def test_a_loss_that_is_no_scalar_is_undecided_and_a_plain_number_is_one(device, guard):
    logits, target = classes(device)
    with pytest.raises(Undecided, match=r"no scalar, but Tensor of shape \(10,\)"):
        guard(lambda z, t: F.cross_entropy(z, t, reduction="none"), logits, target)
    with pytest.raises(Undecided, match="no scalar, but dict"):
        guard(lambda z, t: {"loss": F.cross_entropy(z, t)}, logits, target)
    prediction = logits if guard is perfect_prediction_costs_nothing else noisy(device, 10, 10)
    guard(lambda z, t: F.cross_entropy(z, t).item(), prediction, target)


def test_a_random_loss_is_undecided_and_does_not_fail(device):
    def at_a_random_time(p, t):
        return ((p - t) * torch.rand((), device=p.device)).square().mean()

    dropped = nn.Sequential(nn.Dropout())
    p, t = noisy(device, 6), numbers(device)[1]
    for loss in (at_a_random_time, lambda p, t: (dropped(p) - t).square().mean()):
        with pytest.raises(Undecided, match="the loss is random"):
            loss_is_mean_of_samples(loss, p, t)


def triplet(p, t):
    """Draw what has one target together, and push the others a distance of 1 away."""
    gaps = (p.unsqueeze(0) - p.unsqueeze(1)).abs()
    same = t.unsqueeze(0) == t.unsqueeze(1)
    return torch.where(same, gaps, (1 - gaps).clamp(min=0)).mean()


def contrastive(p, t):
    """Tell each prediction's own target from those of the others."""
    return F.cross_entropy(-(p.unsqueeze(1) - t.unsqueeze(0)).abs(),
                           torch.arange(len(p), device=p.device))


@pytest.mark.parametrize(("loss", "data"), [
    (contrastive, lambda: (torch.arange(4.0), torch.arange(4.0))),
    (triplet, lambda: (torch.tensor([0.0, 0.5, 1.0]), torch.tensor([0, 1, 2])))])
def test_losses_of_pairs_fail_the_first_guard_too(device, loss, data):
    with pytest.raises(AssertionError, match="a perfect prediction costs"):
        perfect_prediction_costs_nothing(loss, *(x.to(device) for x in data()))


def test_a_dice_passes_the_first_guard_and_fails_the_second_flattened_or_not(device):
    def flattened(p, t):
        return 1 - (2 * (p * t).sum() + 1) / (p.sum() + t.sum() + 1)

    def of_classes(p, t):
        return (1 - (2 * (p * t).sum(0) + 1) / (p.sum(0) + t.sum(0) + 1)).mean()

    truth = torch.eye(3, device=device)
    scores = torch.tensor([[3.0, 1.0, 1.0], [1.0, 1.0, 2.0], [1.0, 2.0, 5.0]], device=device) / 8
    for dice in (flattened, of_classes):
        perfect_prediction_costs_nothing(dice, truth, truth)
        with pytest.raises(AssertionError, match="the batch costs"):
            loss_is_mean_of_samples(dice, scores, truth)


@pytest.mark.parametrize("guard", [perfect_prediction_costs_nothing, loss_is_mean_of_samples])
def test_data_on_meta_is_undecided(guard):
    x, real = torch.ones(3, device="meta"), torch.arange(3.0)
    for pair in ((x, x), (x, real), (real, x)):
        with pytest.raises(Undecided, match="on meta"):
            guard(F.mse_loss, *pair)


def test_a_cost_on_meta_is_undecided():
    x = torch.ones(3, device="meta")
    with pytest.raises(Undecided, match="on meta"):
        cost(F.mse_loss, x, x)


@pytest.mark.parametrize("number", [0, math.nan, math.inf])
def test_counts_without_a_sum_are_undecided(number):
    logits, target = torch.randn(4, 3), torch.tensor([0, 1, 2, 1])
    with pytest.raises(Undecided, match="the counts add up to 0"):
        loss_is_mean_of_samples(F.cross_entropy, logits, target, count=lambda t: number)


@pytest.mark.parametrize("guard", [perfect_prediction_costs_nothing, loss_is_mean_of_samples])
def test_an_assert_of_the_loss_is_not_the_guards(guard):
    def loss(prediction, target):
        assert len(prediction) > 4, "five samples"
        return F.mse_loss(prediction, target)

    x = torch.arange(4.0)
    with pytest.raises(Undecided, match="of the call itself fails: five samples"):
        guard(loss, x, x)


def test_a_weight_that_starts_at_0_stays_there(device):
    class Weighted(nn.Module):
        def __init__(self):
            super().__init__()
            self.log_variance = nn.Parameter(torch.zeros(()))

        def forward(self, prediction, target):
            return F.mse_loss(prediction, target) * (-self.log_variance).exp() + self.log_variance

    x = torch.arange(4.0, device=device)
    perfect_prediction_costs_nothing(Weighted().to(device), x, x)


@pytest.mark.parametrize("guard", [perfect_prediction_costs_nothing, loss_is_mean_of_samples])
def test_a_pair_without_samples_is_undecided(guard):
    with pytest.raises(Undecided, match="no samples"):
        guard(F.mse_loss, torch.tensor(1.0), torch.tensor(0.0))


@pytest.mark.parametrize("guard", [perfect_prediction_costs_nothing, loss_is_mean_of_samples])
@pytest.mark.parametrize("place", [0, 1])
def test_a_number_in_place_of_samples_is_undecided(guard, place):
    pair = [torch.ones(3), torch.ones(3)]
    pair[place] = torch.tensor(1.0)
    with pytest.raises(Undecided, match="have no samples"):
        guard(F.mse_loss, *pair)
