import pytest
import torch

from snippets.indexing.ties import assert_ties_do_not_win, average_rank
from snippets.indexing.wrong_ties import rank_by_greater


@pytest.mark.parametrize("classes", [2, 7])
def test_a_constant_model_is_ranked_first_by_greater_scores_alone(device, classes):
    scores = torch.full((classes, classes), 3.0, device=device)
    target = torch.arange(classes, device=device)
    assert rank_by_greater(scores, target).tolist() == [0] * classes
    assert average_rank(scores, target).tolist() == [(classes - 1) / 2] * classes


def test_average_rank_is_the_mean_over_all_orders_of_equals(device):
    torch.manual_seed(0)
    scores = torch.randint(0, 3, (50, 6), device=device)
    target = torch.randint(0, 6, (50,), device=device)
    noise = torch.stack([torch.randperm(6, device=device) / 10 for _ in range(4)])
    expected = torch.zeros(50, device=device)
    for order in [*noise, *(0.5 - noise)]:
        expected += rank_by_greater(scores + order, target) / 8
    torch.testing.assert_close(average_rank(scores, target), expected)


def test_argmax_and_max_return_the_first_of_equals(device):
    x = torch.zeros(1000, 3, device=device)
    x[7:, 1] = 1
    for found in [x.argmax(0), x.max(0).indices]:
        assert found.tolist() == [0, 7, 0]


def test_the_guard_passes_the_share_of_one_class():
    assert_ties_do_not_win(lambda s, t: (s.argmax(1) == t).float().mean(), 3)
