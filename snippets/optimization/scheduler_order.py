"""Optimizer and scheduler in order, with a loss scale or without."""

from collections.abc import Callable

import torch
from torch.optim.lr_scheduler import LRScheduler


# --8<-- [start:train]
def train(
    optimizer: torch.optim.Optimizer, scheduler: LRScheduler,
    steps: int,
) -> list[float]:
    """Step both, and return the first group's rate of each
    step.

    Source: https://docs.pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate
    """
    rates = []
    for _ in range(steps):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    return rates
# --8<-- [end:train]


# --8<-- [start:scaled_step]
def scaled_step(
    scaler: torch.amp.GradScaler,
    optimizer: torch.optim.Optimizer,
    scheduler: LRScheduler,
) -> None:
    """Step all three; the scheduler only if the optimizer
    stepped.

    A scale that falls is the sign of a step that was skipped.
    At a scale of 0, every step is skipped. For a scaler with
    one optimizer, and a scheduler whose step takes no
    argument.

    Source: https://docs.pytorch.org/docs/stable/amp.html#gradient-scaling
    """
    scale = scaler.get_scale()
    scaler.step(optimizer)
    scaler.update()
    if scaler.get_scale() >= scale > 0:
        scheduler.step()
# --8<-- [end:scaled_step]


# --8<-- [start:rates_used]
def rates_used(
    loop: Callable[[torch.optim.Optimizer, LRScheduler], object],
    optimizer: torch.optim.Optimizer, scheduler: LRScheduler,
) -> list[float]:
    """Return the first group's rate at each call of
    optimizer.step.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.register_step_pre_hook.html
    """
    rates: list[float] = []
    handle = optimizer.register_step_pre_hook(
        lambda optimizer, *_: rates.append(
            float(optimizer.param_groups[0]["lr"])))
    try:
        loop(optimizer, scheduler)
    finally:
        handle.remove()
    return rates
# --8<-- [end:rates_used]
