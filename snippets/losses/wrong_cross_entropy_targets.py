"""Targets that are truncated, and classes on the wrong axis."""

import torch
import torch.nn.functional as F


# --8<-- [start:cross_entropy_of_truncated]
def cross_entropy_of_truncated(
        logits: torch.Tensor,
        target: torch.Tensor) -> torch.Tensor:
    """Read a probability below 1 as class 0.

    `logits` (N, 2), `target` (N) of probabilities of class 1.
    """
    return F.cross_entropy(logits, target.long())
# --8<-- [end:cross_entropy_of_truncated]


# --8<-- [start:cross_entropy_over_tokens]
def cross_entropy_over_tokens(
        logits: torch.Tensor,
        target: torch.Tensor) -> torch.Tensor:
    """Take the softmax over tokens, or raise.

    `logits` (N, T, C), `target` (N, T) or (N, T, C).
    """
    return F.cross_entropy(logits, target)
# --8<-- [end:cross_entropy_over_tokens]
