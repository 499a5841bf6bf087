"""Accumulated gradients that are not those of the batch."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:backward_of_means]
def backward_of_means(
        model: nn.Module,
        parts: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Weigh every part alike, however many targets it has."""
    for x, target in parts:
        loss = F.cross_entropy(
            model(x).flatten(0, -2), target.flatten())
        (loss / len(parts)).backward()
# --8<-- [end:backward_of_means]


# --8<-- [start:backward_undivided]
def backward_undivided(
        model: nn.Module,
        parts: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Add means up, so that more parts give a larger
    gradient."""
    for x, target in parts:
        loss = F.cross_entropy(
            model(x).flatten(0, -2), target.flatten())
        loss.backward()
# --8<-- [end:backward_undivided]
