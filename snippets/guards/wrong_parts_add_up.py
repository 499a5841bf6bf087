"""Loops over parts whose gradient is not that of the batch."""

import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:clip_each_part]
def clip_each_part(
        model: nn.Module,
        parts: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Clip after each part, and not once before the step."""
    count = sum(len(target) for _, target in parts)
    for x, target in parts:
        loss = F.mse_loss(
            model(x), target, reduction="sum") / count
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)
# --8<-- [end:clip_each_part]


# --8<-- [start:average_ranks]
def average_ranks(
        model: nn.Module,
        parts: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Average the gradients of ranks, as
    DistributedDataParallel does.

    The loss of a rank is the mean over its own samples.
    """
    ranks = [copy.deepcopy(model) for _ in parts]
    for rank, (x, target) in zip(ranks, parts, strict=True):
        F.mse_loss(rank(x), target).backward()
    for p, *others in zip(model.parameters(),
                          *(rank.parameters()
                            for rank in ranks), strict=True):
        p.grad = torch.stack([
            q.grad for q in others]).mean(dim=0)
# --8<-- [end:average_ranks]
