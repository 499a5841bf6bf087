"""One logit per sample, given to the loss that wants one per class."""

import torch
import torch.nn.functional as F


# --8<-- [start:cross_entropy_of_one_column]
def cross_entropy_of_one_column(
        logit: torch.Tensor,
        target: torch.Tensor) -> torch.Tensor:
    """Return 0: the softmax over one class is 1; all are
    (N, 1)."""
    return F.cross_entropy(logit, target)
# --8<-- [end:cross_entropy_of_one_column]


# --8<-- [start:cross_entropy_over_the_batch]
def cross_entropy_over_the_batch(
        logit: torch.Tensor,
        target: torch.Tensor) -> torch.Tensor:
    """Return the loss of one sample of N classes; both are
    (N)."""
    return F.cross_entropy(logit, target)
# --8<-- [end:cross_entropy_over_the_batch]
