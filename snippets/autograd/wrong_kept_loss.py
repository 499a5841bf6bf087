"""A sum of losses that keeps the graph of every step."""

from collections.abc import Iterable

import torch
from torch import nn


# --8<-- [start:train_and_sum_tensors]
def train_and_sum_tensors(
        model: nn.Module, optimizer: torch.optim.Optimizer,
        batches: Iterable[torch.Tensor]
) -> torch.Tensor | float:
    """Return the sum of the losses, with the graphs of all
    steps."""
    total: torch.Tensor | float = 0.0
    for x in batches:
        loss = model(x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss
    return total
# --8<-- [end:train_and_sum_tensors]
