"""A value loss whose target stays where it is."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from snippets.guards.judge import Undecided


# --8<-- [start:td_loss]
def td_loss(
        values: torch.Tensor, rewards: torch.Tensor,
        next_values: torch.Tensor, terminated: torch.Tensor,
        gamma: float = 0.99) -> torch.Tensor:
    """Return the mean squared temporal difference error.

    All four have the shape (N); three hold floats, and
    `terminated` booleans. The target,
    `rewards + gamma * next_values`, gets no gradient. After
    the end of an episode, the next value counts as 0. No
    samples give nan, as in `F.mse_loss`.

    Raises: TypeError or ValueError for other dtypes or shapes.
    Source: https://docs.pytorch.org/tutorials/intermediate/reinforcement_q_learning.html
    """
    numbers = (values, rewards, next_values)
    if not all(x.is_floating_point() for x in numbers) or (
            terminated.dtype != torch.bool):
        raise TypeError(
            "values are floats and flags are booleans")
    shapes = {tuple(x.shape) for x in (*numbers, terminated)}
    if len(shapes) > 1 or values.ndim != 1:
        raise ValueError(
            f"all four have one shape (N), not {sorted(shapes)}")
    with torch.no_grad():
        ahead = next_values.masked_fill(terminated, 0)
        target = rewards + gamma * ahead
    return F.mse_loss(values, target)
# --8<-- [end:td_loss]


# --8<-- [start:assert_target_is_fixed]
def assert_target_is_fixed(
        loss: Callable[..., torch.Tensor],
        values: torch.Tensor) -> None:
    """Fail where a target has a gradient, or samples are
    mixed.

    `loss(values, rewards, next_values, terminated)` takes
    floats and flags. `values`, (N) or (N, 1) with N of 2 or
    more, stands for the output of the network; rewards and
    flags are (N). The slope must change with the error: that
    of an L1 or Huber loss does if the error may change its
    sign, so `values` are below 1000 there.

    Raises: AssertionError with the fault; Undecided where
    `values` are fewer than 2, no floats, or on meta.
    Source: https://github.com/philtabor/Deep-Q-Learning-Paper-To-Code/issues/16
    """
    if (len(values) < 2 or values.is_meta
            or not values.is_floating_point()):
        raise Undecided("give 2 floats or more, and not on meta")
    values = values.detach().clone().requires_grad_()
    after = values.detach().add(1).requires_grad_()
    rewards = torch.zeros_like(values[..., 0] if values.ndim >
                               1 else values).detach()
    flags = torch.zeros_like(rewards, dtype=torch.bool)

    def slopes(
            rewards: torch.Tensor) -> tuple[torch.Tensor, ...]:
        with torch.enable_grad():
            value = loss(values, rewards, after, flags)
        return torch.autograd.grad(
            value, (values, after), materialize_grads=True)

    own, ahead = slopes(rewards)
    assert not ahead.any(), "the target has a gradient: detach it"
    seen = False
    for size in [1, -1, 100, -100, 10_000, -10_000]:
        rewards[0] = size
        change = slopes(rewards)[0] - own
        seen |= bool(change[0].any())
        assert not change[1:].any(), (
            "a reward moves the values of other samples")
    assert seen, "the reward of a sample is ignored"
# --8<-- [end:assert_target_is_fixed]
