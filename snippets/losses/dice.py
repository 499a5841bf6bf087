"""A dice loss in which each class of the batch counts the same."""

import torch
import torch.nn.functional as F


# --8<-- [start:dice_loss]
def dice_loss(logits: torch.Tensor,
              target: torch.Tensor) -> torch.Tensor:
    """Return the mean of 1 - dice over the classes that occur.

    `logits` (N, C, ...) for two or more classes; `target`
    (N, ...) of class indices, int64. The sums of a class run
    over the batch and all positions, in float32 or float64.
    Without a target: 0.

    Raises:
        TypeError: the logits are not floating, or the targets
            are.
        ValueError: the shapes do not fit, or C is 1.
        RuntimeError: a target is no class, or logits are
            float8.
    Source: https://github.com/pytorch/pytorch/issues/1249
    """
    if not logits.is_floating_point() or target.dtype != torch.int64:
        raise TypeError(
            f"logits {logits.dtype}, targets {target.dtype}")
    positions = logits.shape[:1] + logits.shape[2:]
    if logits.ndim < 2 or positions != target.shape:
        raise ValueError(
            f"logits {tuple(logits.shape)}, targets {tuple(target.shape)}")
    classes = logits.shape[1]
    if classes < 2:
        raise ValueError(
            "softmax over one channel is 1 everywhere")
    wide = torch.promote_types(logits.dtype, torch.float32)
    p = logits.to(wide).softmax(1).movedim(1, -1).flatten(
        0, -2)
    t = F.one_hot(target.flatten(), classes).to(wide)
    count = t.sum(0)
    dice = 2 * (p * t).sum(0) / (p.sum(0) + count.clamp(min=1))
    occurs = count > 0
    total = torch.where(occurs, 1 - dice, 0).sum()
    return total / occurs.sum().clamp(min=1)
# --8<-- [end:dice_loss]
