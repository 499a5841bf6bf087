import warnings

import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.guards.judge import Undecided
from snippets.losses.broadcast_in_the_loss import (
    accuracy,
    assert_truth_costs_nothing,
    mse_loss,
)
from snippets.losses.wrong_broadcast_in_the_loss import (
    accuracy_of_all_pairs,
    mse_of_all_pairs,
)
from tests import populations
from tests.awkward import Case, Guard

CLASSES = torch.tensor([1, 0, 3])


def share_of_right(x):
    """The accuracy, row by row."""
    right = [int(row.argmax()) == int(target) and not row.isnan().any()
             for row, target in zip(x, CLASSES, strict=False)]
    return sum(right) / len(right)


AWKWARD = [
    Case(mse_loss, lambda f, x: f(x, x.flip(0)), like=lambda x: F.mse_loss(x, x.flip(0))),
    Case(accuracy, lambda f, x: f(x, CLASSES[:len(x)].to(x.device)), like=share_of_right,
         compiled=False, outside={}),
    Guard(assert_truth_costs_nothing, lambda guard, x: guard(F.mse_loss, x, x),
          lambda guard, x: guard(mse_of_all_pairs, x.flatten(), x.flatten()[:, None]),
          outside={"on meta": "not on meta"}),
]

FIXED_DEVICE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FIXED_DEVICE
@given(st.lists(st.integers(1, 4), max_size=3), st.lists(st.integers(1, 4), max_size=3))
def test_the_loss_is_torchs_or_an_error(device, a, b):
    prediction, target = torch.randn(a, device=device), torch.randn(b, device=device)
    if a == b:
        torch.testing.assert_close(mse_loss(prediction, target), F.mse_loss(prediction, target))
    else:
        with pytest.raises(ValueError, match="is not"):
            mse_loss(prediction, target)


@FIXED_DEVICE
@given(st.integers(2, 6), st.booleans())
def test_all_pairs_are_least_at_the_mean(device, n, column_of_predictions):
    y = torch.arange(float(n), device=device) ** 2
    p = y[:, None] if column_of_predictions else y
    t = y if column_of_predictions else y[:, None]
    truth = mse_of_all_pairs(p, t)
    constant = mse_of_all_pairs(y.mean().expand(p.shape), t)
    torch.testing.assert_close(truth, 2 * constant)
    with pytest.raises(AssertionError, match="broadcast"):
        assert_truth_costs_nothing(mse_of_all_pairs, p, t)


@pytest.mark.parametrize("loss", [F.mse_loss, F.l1_loss, F.huber_loss, mse_loss])
def test_the_guard_passes_where_the_shapes_agree(device, loss):
    target = torch.randn(3, 1, device=device)
    assert_truth_costs_nothing(loss, torch.zeros(3, 1, device=device), target)


def test_an_accuracy_of_all_pairs_is_no_accuracy(device):
    target = torch.tensor([0, 0, 0, 1], device=device)
    logits = torch.eye(2, device=device)[target]
    assert accuracy(logits, target) == 1
    assert accuracy_of_all_pairs(target, target[:, None]) == 2.5
    with pytest.raises(ValueError, match="is not"):
        accuracy(logits, target[:, None])


def test_nan_is_wrong_and_no_samples_are_refused(device):
    logits = torch.full((2, 3), torch.nan, device=device)
    assert accuracy(logits, torch.zeros(2, dtype=torch.int64, device=device)) == 0
    with pytest.raises(ValueError, match="no samples"):
        accuracy(logits[:0], torch.zeros(0, dtype=torch.int64, device=device))
    with pytest.raises(ValueError, match="no samples"):
        accuracy(logits[..., None][..., :0], torch.zeros(2, 0, device=device))


@pytest.mark.parametrize("shape", [(4,), (), (4, 0)])
def test_logits_without_classes_are_refused(device, shape):
    with pytest.raises(ValueError, match="no classes in"):
        accuracy(torch.ones(shape, device=device), torch.ones(shape[:1], device=device))


def test_a_distance_with_an_eps_is_not_for_the_guard(device):
    target = torch.arange(12.0, device=device).reshape(4, 3)
    with pytest.raises(AssertionError, match="a perfect prediction costs 1"):
        assert_truth_costs_nothing(
            lambda p, y: F.pairwise_distance(p, y).mean(), target, target)
    assert_truth_costs_nothing(
        lambda p, y: F.pairwise_distance(p, y, eps=0).mean(), target, target)


@pytest.mark.parametrize("target", [torch.ones(3), torch.ones(1), torch.tensor([1.0, torch.nan])])
def test_the_guard_is_undecided_on_targets_that_show_nothing(device, target):
    with pytest.raises(Undecided, match="differ"):
        assert_truth_costs_nothing(mse_of_all_pairs, target, target[:, None])
    with pytest.raises(TypeError, match="not floating"):
        assert_truth_costs_nothing(mse_of_all_pairs, target, target[:, None].long())


@pytest.mark.parametrize(("prediction", "target", "axis"), [
    ((2, 1, 16, 16), (2, 16, 16), 1), ((4, 1), (4,), 1), ((4,), (4, 1), 1)])
def test_the_axis_of_size_1_that_the_other_lacks_is_put_in_or_taken_out(prediction, target, axis):
    p, t = torch.zeros(prediction), torch.zeros(target)
    fixed = t.unsqueeze(axis) if p.dim() > t.dim() else t.squeeze(axis)
    assert mse_loss(p, fixed) == 0


def test_python_shows_the_warning_once_for_each_line_and_size():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        for n in (4, 5, 6, 4, 5):
            F.mse_loss(torch.zeros(n), torch.zeros(n, 1))
    assert len(seen) == 3


WARNS = {"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"}
SILENT = {"gaussian_nll_loss", "poisson_nll_loss", "kl_div", "hinge_embedding_loss",
          "multilabel_soft_margin_loss"}
RAISES = {"cross_entropy", "nll_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits",
          "soft_margin_loss", "multi_margin_loss", "multilabel_margin_loss"}
OF_MORE_THAN_TWO = {"cosine_embedding_loss", "ctc_loss", "linear_cross_entropy",
                    "margin_ranking_loss", "triplet_margin_loss",
                    "triplet_margin_with_distance_loss"}


@pytest.mark.parametrize("name", populations.loss_functions())
def test_which_losses_broadcast(name):
    if name in OF_MORE_THAN_TWO:
        return
    p = torch.tensor([0.1, 0.2, 0.3, 0.4])
    others = (torch.ones(4),) if name == "gaussian_nll_loss" else ()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            getattr(F, name)(p, p[:, None], *others, reduction="sum")
        except (RuntimeError, ValueError):
            assert name in RAISES
            return
    assert name in (WARNS if seen else SILENT)


def test_the_guard_hands_out_copies(device):
    target = torch.tensor([1.0, 2.0], dtype=torch.float64, device=device)
    assert_truth_costs_nothing(lambda p, y: y.sub_(p).square().mean(), target, target)
    with pytest.raises(AssertionError, match="broadcast"):
        assert_truth_costs_nothing(lambda p, y: (p.mul_(2) - y).abs().mean(), target, target)
    assert target.tolist() == [1.0, 2.0]
