import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.losses.broadcast_in_the_loss import (
    accuracy,
    assert_truth_costs_nothing,
    mse_loss,
)
from snippets.losses.wrong_broadcast_in_the_loss import (
    accuracy_of_all_pairs,
    mse_of_all_pairs,
)

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
