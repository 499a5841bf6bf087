import math

import pytest
import torch

from snippets.guards.judge import Undecided
from snippets.indexing.ties import assert_ties_do_not_win, average_rank
from snippets.indexing.wrong_ties import rank_by_greater
from tests.awkward import Case, LeftOut


def average_by_pairs(scores):
    rank = torch.zeros(len(scores), device=scores.device)
    for other in scores.unbind(1)[1:]:
        unordered = other.isnan() | scores[:, 0].isnan()
        rank += (other > scores[:, 0]) | unordered
        rank += (other == scores[:, 0]) / 2
    return rank


AWKWARD = [
    Case(average_rank, lambda rank, x: rank(x, torch.zeros_like(x[:, 0], dtype=torch.int64)),
         like=average_by_pairs),
    LeftOut(assert_ties_do_not_win, "it makes the scores itself, in the default dtype"),
]


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


def test_a_metric_that_nan_wins_fails(device):
    def finite_first(scores, target):
        return (~(scores > scores.gather(1, target[:, None])).any(1)).float().mean() * (
            0 if (scores == 0).all() else 1)

    with pytest.raises(AssertionError, match="nan scores reach 1"):
        assert_ties_do_not_win(finite_first, 5)


def test_a_metric_that_perfect_scores_do_not_win_is_undecided():
    with pytest.raises(Undecided):
        assert_ties_do_not_win(lambda s, t: torch.tensor(0.0), 5)
    losses = [lambda s, t: torch.nn.functional.cross_entropy(s, t),
              lambda s, t: average_rank(s, t).mean(),
              lambda s, t: 100 * (s.argmax(1) == t).float().mean()]
    for no_share in losses:
        with pytest.raises(Undecided, match="perfect scores of 5 classes"):
            assert_ties_do_not_win(no_share, 5)


@pytest.mark.parametrize("metric", [
    lambda s, t: (average_rank(s, t) + 1).mean(),
    lambda s, t: (1 / (average_rank(s, t) + 1)).mean(),
    lambda s, t: (s.topk(2).indices == t[:, None]).any(1).float().mean()])
@pytest.mark.parametrize("classes", [2, 5])
def test_a_metric_that_pays_the_second_place_is_undecided(metric, classes):
    with pytest.raises(Undecided, match="the second place"):
        assert_ties_do_not_win(metric, classes)


@pytest.mark.parametrize("classes", [0, 1])
def test_fewer_than_two_classes_are_undecided(classes):
    for metric in [lambda s, t: (s.argmax(1) == t).float().mean(),
                   lambda s, t: (s.topk(2).indices == t[:, None]).any(1).float().mean()]:
        with pytest.raises(Undecided, match=f"two or more classes, not {classes}"):
            assert_ties_do_not_win(metric, classes)


@pytest.mark.parametrize(("scores", "target"), [((3, 4), 1), ((3, 4), 2), ((3, 4), 4), ((4,), 4),
                                                ((2, 3, 4), 2)])
def test_other_shapes_than_a_target_a_row_are_refused(scores, target):
    with pytest.raises(ValueError, match=r"scores .*, target "):
        average_rank(torch.zeros(scores), torch.zeros(target, dtype=torch.int64))


@pytest.mark.parametrize("target", [0, 1, 2])
def test_a_nan_counts_as_better_than_the_right_class(device, target):
    scores = torch.tensor([[1.0, math.nan, 3.0]], device=device)
    rank = average_rank(scores, torch.tensor([target], device=device))
    assert rank.tolist() == [{0: 2, 1: 2, 2: 1}[target]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.bfloat16])
def test_the_first_of_equals_is_numpy_s_choice_too(device, dtype):
    torch.manual_seed(0)
    x = torch.randint(0, 3, (200, 6)).to(dtype)
    ours, theirs = x.to(device), x.float().numpy()
    for found, expected in [(ours.argmax(1), theirs.argmax(1)), (ours.max(1)[1], theirs.argmax(1)),
                            (ours.argmin(1), theirs.argmin(1)), (ours.min(1)[1], theirs.argmin(1))]:
        assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_share_that_is_rounded_is_no_luck(dtype):
    for classes in range(2, 150):
        assert_ties_do_not_win(lambda s, t: (s.argmax(1) == t).to(dtype).mean(), classes)


def test_two_classes_alike_are_a_hit_below_rank_1_and_none_below_a_half():
    def hits(limit):
        return lambda s, t: (average_rank(s, t) < limit).float().mean()

    for classes in [2, 3, 5]:
        assert_ties_do_not_win(hits(0.5), classes)
    with pytest.raises(AssertionError, match=r"constant scores reach 1\.0"):
        assert_ties_do_not_win(hits(1), 2)
