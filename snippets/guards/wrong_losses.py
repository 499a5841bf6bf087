"""Losses that compare, divide or pad wrongly."""

import torch
import torch.nn.functional as F


# --8<-- [start:mse_of_all_pairs]
def mse_of_all_pairs(prediction: torch.Tensor,
                     target: torch.Tensor) -> torch.Tensor:
    """Compare each of `prediction` (N, 1) with each of
    `target` (N)."""
    return ((prediction - target) ** 2).mean()
# --8<-- [end:mse_of_all_pairs]


# --8<-- [start:cross_entropy_with_padding]
def cross_entropy_with_padding(
        logits: torch.Tensor,
        target: torch.Tensor) -> torch.Tensor:
    """Count padding as tokens that cost nothing.

    `logits` (N, C, T), `target` (N, T), -100 where it is
    padding.
    """
    costs = F.cross_entropy(logits, target, reduction="none")
    mask = target != -100
    return (costs * mask).mean()
# --8<-- [end:cross_entropy_with_padding]


# --8<-- [start:cross_entropy_divided_twice]
def cross_entropy_divided_twice(
        logits: torch.Tensor,
        target: torch.Tensor) -> torch.Tensor:
    """Divide a mean by N again; `logits` (N, C), `target`
    (N)."""
    return F.cross_entropy(logits, target) / len(target)
# --8<-- [end:cross_entropy_divided_twice]
