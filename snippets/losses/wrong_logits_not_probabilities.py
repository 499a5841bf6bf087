"""A softmax or sigmoid too many, and the log of a rounded sigmoid."""

import torch
import torch.nn.functional as F


# --8<-- [start:cross_entropy_of_probabilities]
def cross_entropy_of_probabilities(
        logits: torch.Tensor,
        target: torch.Tensor) -> torch.Tensor:
    """Take the softmax twice.

    `logits` (N, C), `target` (N) of class indices.
    """
    return F.cross_entropy(logits.softmax(dim=1), target)
# --8<-- [end:cross_entropy_of_probabilities]


# --8<-- [start:bce_of_probabilities]
def bce_of_probabilities(logit: torch.Tensor,
                         target: torch.Tensor) -> torch.Tensor:
    """Take the sigmoid twice; both arguments have one
    shape."""
    return F.binary_cross_entropy_with_logits(
        logit.sigmoid(), target)
# --8<-- [end:bce_of_probabilities]


# --8<-- [start:log_of_sigmoid_loss]
def log_of_sigmoid_loss(logit: torch.Tensor,
                        target: torch.Tensor) -> torch.Tensor:
    """Return inf or nan where the sigmoid rounds to 0 or 1."""
    p = logit.sigmoid()
    return -(target * p.log() + (1 - target) * (1 - p).log())
# --8<-- [end:log_of_sigmoid_loss]
