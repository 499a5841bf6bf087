"""A scheduler that steps before its optimizer."""

import torch
from torch.optim.lr_scheduler import LRScheduler


# --8<-- [start:train_scheduler_first]
def train_scheduler_first(
    optimizer: torch.optim.Optimizer, scheduler: LRScheduler,
    steps: int,
) -> list[float]:
    """Step both, and skip the first learning rate."""
    rates = []
    for _ in range(steps):
        scheduler.step()
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
    return rates
# --8<-- [end:train_scheduler_first]
