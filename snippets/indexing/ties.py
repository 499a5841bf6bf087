"""Ranks that ties do not improve, and a check of a metric."""

from collections.abc import Callable

import torch

from snippets.guards.judge import Undecided


# --8<-- [start:average_rank]
def average_rank(scores: torch.Tensor,
                 target: torch.Tensor) -> torch.Tensor:
    """Rank the right class among `scores` (N, C), from 0 for
    the best.

    `target` (N,) holds class indices. The result (N,) is of
    dtype float32: each other class of equal score counts as a
    half, and each nan as a better score. If the right class
    has nan, it is the last.

    Raises: ValueError where the shapes are not (N, C) and
        (N,).
    Source: https://github.com/pytorch/pytorch/issues/41998

    >>> average_rank(torch.tensor([[3, 1, 3, 5]]), torch.tensor([0]))
    tensor([1.5000])
    """
    if scores.dim() != 2 or target.shape != scores.shape[:1]:
        raise ValueError(f"scores {tuple(scores.shape)}, target "
                         f"{tuple(target.shape)}")
    right = scores.gather(1, target[:, None])
    smaller = (scores < right).sum(dim=1)
    equal = (scores == right).sum(dim=1).sub(1).clamp(min=0)
    return (scores.shape[1] - 1 - smaller - equal / 2).float()
# --8<-- [end:average_rank]


# --8<-- [start:assert_ties_do_not_win]
def assert_ties_do_not_win(
        metric: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        classes: int) -> None:
    """Give `metric(scores, target)` scores (C, C) without
    knowledge.

    The metric is a share of hits at the first place, such as
    accuracy. Each of the C classes is right once, so a share
    above 1 / C is luck. It may be above by 1 %, as where a
    share is rounded to bfloat16.

    Raises:
        AssertionError: constant scores, or nan, get more than
            1 / C.
        Undecided: perfect scores do not reach 1, the second
            place gets more than 0, or C is below 2.
    """
    if classes < 2:
        raise Undecided(
            f"give two or more classes, not {classes}")
    target, first = torch.arange(classes), torch.eye(classes)
    perfect = float(metric(first.clone(), target))
    second = float(
        metric(first + 2 * first.roll(1, dims=1), target))
    if not abs(perfect - 1) < 1e-6 or not second < 1e-6:
        raise Undecided(
            f"perfect scores of {classes} classes reach "
            f"{perfect} and the second place {second}: "
            "give a share of hits at the first place")
    worthless = {"constant": 0.0, "nan": torch.nan}
    for name, value in worthless.items():
        scores = torch.full((classes, classes), value)
        reached = float(metric(scores, target))
        if reached > 1.01 / classes:
            raise AssertionError(
                f"{name} scores reach {reached},"
                f" more than 1 / {classes}")
# --8<-- [end:assert_ties_do_not_win]
