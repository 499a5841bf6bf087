"""Advantages of a group: 0 for one reward, and for equal ones."""

from collections.abc import Callable

import torch


# --8<-- [start:group_advantages]
def group_advantages(rewards: torch.Tensor,
                     eps: float = 1e-4) -> torch.Tensor:
    """Return how far each reward is above its group, in
    deviations.

    `rewards` (..., G) of floats holds groups of G along the
    last axis. The deviation divides by G. Computed in float64,
    where a large offset costs digits; the result has the dtype
    of `rewards`.

    Raises: TypeError where `rewards` does not hold real
    floats.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.std.html
    """
    if not rewards.is_floating_point():
        raise TypeError(
            f"rewards are floats, not {rewards.dtype}")
    wide = rewards.double()
    gap = wide - wide.mean(dim=-1, keepdim=True)
    deviation = wide.std(dim=-1, correction=0, keepdim=True)
    return (gap / (deviation + eps)).to(rewards.dtype)
# --8<-- [end:group_advantages]


# --8<-- [start:assert_equal_rewards_teach_nothing]
def assert_equal_rewards_teach_nothing(
        normalize: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Fail where equal rewards have an advantage of 0.01 or
    more.

    `normalize` takes the rewards of one group, (G) in float32.

    Raises: AssertionError with the size, the reward, the
    advantage.
    Source: https://github.com/DLR-RM/stable-baselines3/issues/440
    """
    for size in [1, 2, 7, 8, 10]:
        for reward in [0.0, 0.1, 0.3, 0.7, 1.0, 1.1]:
            found = normalize(torch.full((size,), reward))
            assert (found.abs() < 0.01).all(), (
                f"{size} rewards of {reward} have the advantage "
                f"{found[0].item():.2g}")
# --8<-- [end:assert_equal_rewards_teach_nothing]
