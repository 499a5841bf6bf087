"""Binary masks as targets of a loss on logits."""

import torch
import torch.nn.functional as F


# --8<-- [start:bce_of_mask]
def bce_of_mask(
        logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the mean BCE of logits, for targets from 0 to 1 only.

    `logits` are floats and `target` has their shape: floats from 0
    to 1, or booleans. On a GPU, the check waits for the targets; on
    meta, there is nothing to check.

    Raises: ValueError where the shapes differ or a target lies outside
        of 0 to 1; NotImplementedError for logits of integers.
    Source: https://github.com/milesial/Pytorch-UNet/issues/78
    """
    if logits.shape != target.shape:
        raise ValueError(f"logits {tuple(logits.shape)}, but "
                         f"targets {tuple(target.shape)}")
    target = target.to(logits.dtype)
    fits = (target >= 0) & (target <= 1)
    if not target.is_meta and not fits.all():
        low, high = target.aminmax()
        raise ValueError(f"targets from {low.item():g} to "
                         f"{high.item():g}, not from 0 to 1")
    return F.binary_cross_entropy_with_logits(logits, target)
# --8<-- [end:bce_of_mask]
