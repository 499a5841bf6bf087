"""Binary masks as targets of a loss on logits."""

import torch
import torch.nn.functional as F


# --8<-- [start:bce_of_mask]
def bce_of_mask(logits: torch.Tensor,
                target: torch.Tensor) -> torch.Tensor:
    """Return the mean BCE of logits, for targets from 0 to 1
    only.

    `logits` are floats and `target` has their shape: floats
    from 0 to 1, or booleans. They are checked in their own
    dtype. On a GPU, the check waits for the targets; on meta,
    there are none to check.

    Raises:
        TypeError: the logits are not floating.
        ValueError: the shapes differ, or a target is not from
            0 to 1.
        NotImplementedError: float8, or targets are complex.
    Source: https://github.com/milesial/Pytorch-UNet/issues/78
    """
    if not logits.is_floating_point():
        raise TypeError(f"logits {logits.dtype}")
    if logits.shape != target.shape:
        raise ValueError(f"logits {tuple(logits.shape)}, but "
                         f"targets {tuple(target.shape)}")
    fits = (target >= 0) & (target <= 1)
    if not target.is_meta and not fits.all():
        low, high = target.aminmax()
        raise ValueError(f"targets from {low.item():g} to "
                         f"{high.item():g}, not from 0 to 1")
    return F.binary_cross_entropy_with_logits(
        logits, target.to(logits.dtype))
# --8<-- [end:bce_of_mask]
