"""Ranks that ties do not improve, and a check of a metric."""

from collections.abc import Callable

import torch


# --8<-- [start:average_rank]
def average_rank(
        scores: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Rank the right class among `scores` (N, C), from 0 for the best.

    `target` (N,) holds class indices; the result (N,) has halves where
    other classes have the same score.

    Source: https://github.com/pytorch/pytorch/issues/41998

    >>> average_rank(torch.tensor([[3, 1, 3, 5]]), torch.tensor([0]))
    tensor([1.5000])
    """
    right = scores.gather(1, target[:, None])
    greater = (scores > right).sum(dim=1)
    equal = (scores == right).sum(dim=1) - 1
    return greater + equal / 2
# --8<-- [end:average_rank]


# --8<-- [start:assert_ties_do_not_win]
def assert_ties_do_not_win(
        metric: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        classes: int) -> None:
    """Give `metric(scores, target)` constant scores (C, C), C classes.

    Each class is right once, so a share of hits above 1 / C is luck.

    Raises: AssertionError where the metric is greater than 1 / C.
    """
    target = torch.arange(classes)
    reached = metric(torch.zeros(classes, classes), target).item()
    if reached > 1 / classes + 1e-6:
        raise AssertionError(
            f"constant scores reach {reached},"
            f" more than 1 / {classes}")
# --8<-- [end:assert_ties_do_not_win]
