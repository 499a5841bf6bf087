"""Answers to the exercise on accumulation with another gradient."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:mean_of_means]
def mean_of_means(
        model: nn.Module,
        parts: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Divide by the number of parts."""
    for x, target in parts:
        loss = F.cross_entropy(
            model(x).flatten(0, 1), target.flatten())
        (loss / len(parts)).backward()
# --8<-- [end:mean_of_means]


# --8<-- [start:undivided]
def undivided(
        model: nn.Module,
        parts: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Add the means up."""
    for x, target in parts:
        loss = F.cross_entropy(
            model(x).flatten(0, 1), target.flatten())
        loss.backward()
# --8<-- [end:undivided]


# --8<-- [start:padding_counted]
def padding_counted(
        model: nn.Module,
        parts: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Divide by all places, those of the padding too."""
    count = sum(target.numel() for _, target in parts)
    for x, target in parts:
        loss = F.cross_entropy(
            model(x).flatten(0, 1), target.flatten(),
            reduction="sum")
        (loss / count).backward()
# --8<-- [end:padding_counted]


# --8<-- [start:zeroed_between]
def zeroed_between(
        model: nn.Module,
        parts: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Clear the gradients before each part, as before each
    batch."""
    count = sum(
        int((target != -100).sum()) for _, target in parts)
    for x, target in parts:
        model.zero_grad()
        loss = F.cross_entropy(
            model(x).flatten(0, 1), target.flatten(),
            reduction="sum")
        (loss / count).backward()
# --8<-- [end:zeroed_between]
