import pytest
import torch

from snippets.numerics.log_of_a_mixture import assert_survives_large_logits, log_mixture
from snippets.numerics.wrong_log_of_a_mixture import log_of_the_sum, mean_of_logs


def test_the_sum_of_probabilities_underflows(device):
    gate, logits = torch.zeros(2, device=device), torch.tensor([[0.0, 200.0]] * 2, device=device)
    assert log_of_the_sum(gate, logits)[0] == -torch.inf
    with pytest.raises(AssertionError, match="inf or nan"):
        assert_survives_large_logits(log_of_the_sum, gate, logits)


def test_the_mean_of_logs_is_not_a_distribution(device):
    gate, logits = torch.zeros(2, device=device), torch.eye(2, device=device)
    assert mean_of_logs(gate, logits).exp().sum() < 0.95
    total = log_mixture(gate, logits).exp().sum()
    torch.testing.assert_close(total, torch.ones((), device=device))


def test_a_part_of_weight_0_does_not_count(device):
    gate = torch.tensor([0.0, -torch.inf], device=device)
    logits = torch.tensor([[0.0, 200.0], [200.0, 0.0]], device=device)
    torch.testing.assert_close(log_mixture(gate, logits), logits[0] - 200)


def test_the_guard_looks_at_gradients_too(device):
    def finite_value(gate, logits):
        return torch.where(logits.abs() > 1, logits.sqrt(), 0.0).nan_to_num() + gate

    with pytest.raises(AssertionError, match="gradient"):
        assert_survives_large_logits(finite_value, torch.zeros(1), torch.tensor([-1.0, 0.0]))
