"""Generalized advantage estimation with two flags."""

from collections.abc import Callable

import torch


# --8<-- [start:gae]
def gae(rewards: torch.Tensor, values: torch.Tensor,
        next_values: torch.Tensor, terminated: torch.Tensor,
        truncated: torch.Tensor, gamma: float = 0.99,
        lam: float = 0.95) -> torch.Tensor:
    """Return the advantages (T, ...) of T steps, without a
    gradient.

    All have one shape (T, ...); the first three hold floats
    (float16 or wider), the flags booleans. Step t leads from a
    state of value `values[t]` to one of value
    `next_values[t]`, before any reset. `terminated[t]`: no
    reward follows. `truncated[t]`: a time limit cut the
    episode.

    Raises: TypeError or ValueError for other dtypes or shapes.
    Source: https://arxiv.org/abs/1506.02438
    """
    numbers, flags = (rewards, values, next_values), (
        terminated, truncated)
    if not all(x.is_floating_point() and x.dtype.itemsize > 1
               for x in numbers):
        raise TypeError(
            "rewards and values are floats of 16 bits or more")
    if not all(x.dtype == torch.bool for x in flags):
        raise TypeError(
            "flags are booleans: write flags.bool()")
    if len({x.shape for x in numbers + flags}) > 1 or (
            rewards.ndim == 0):
        raise ValueError("all five have one shape (T, ...)")
    with torch.no_grad():
        ahead = next_values.masked_fill(terminated, 0)
        errors = rewards + gamma * ahead - values
        ended = terminated | truncated
        total = torch.zeros_like(errors[:1])
        advantages: list[torch.Tensor] = []
        for t in reversed(range(len(errors))):
            total = errors[t:t + 1] + gamma * lam * (
                total.masked_fill(ended[t:t + 1], 0))
            advantages.insert(0, total)
        return torch.cat(advantages) if advantages else errors
# --8<-- [end:gae]


# --8<-- [start:assert_episodes_are_apart]
def assert_episodes_are_apart(
        advantages: Callable[..., torch.Tensor]) -> None:
    """Fail where an episode learns from the next, or a limit
    ends it.

    `advantages(rewards, values, next_values, terminated, truncated)`
    takes tensors (6,), as `gae` does, and does not normalize:
    else each episode changes the others.

    Raises: AssertionError with what counts, or does not.
    Source: https://github.com/anthonytorlucci/rlevo/issues/342
    """
    r, v, n = torch.arange(1.0, 19).view(3, 6)
    end = torch.arange(6) == 1  # steps 0 and 1, then 2 and 3
    cut = torch.arange(6) == 3

    def moved_by(at: int, *changed: torch.Tensor) -> bool:
        others = [x.clone() for x in (r, v, n)]
        for x, hit in zip(others, changed, strict=True):
            x[hit] += 100
        gap = advantages(*others, end, cut) - advantages(
            r, v, n, end, cut)
        return bool(gap[:at].abs().max() > 0.01)

    no = torch.zeros_like(end)
    assert not moved_by(6, no, no, end), (
        "the value after an end changes the advantages")
    for first in [2, 4]:
        later = torch.arange(6) >= first
        assert not moved_by(first, later, later, later), (
            "an episode changes the advantages of the one before")
    assert moved_by(4, no, no, cut), (
        "the value at a time limit is ignored")
# --8<-- [end:assert_episodes_are_apart]
