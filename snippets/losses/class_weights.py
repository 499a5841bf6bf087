"""Weighted losses, and what they divide by."""

import torch
import torch.nn.functional as F


# --8<-- [start:summed_loss]
def summed_loss(
        logits: torch.Tensor, target: torch.Tensor,
        weight: torch.Tensor, ignore_index: int = -100,
        ) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the weighted sum of losses and the sum of
    weights.

    `logits` (N, C), `target` (N) of class indices, `weight`
    (C). Not on meta. Their quotient is `F.cross_entropy`,
    unless a sum overflows in float16. Over parts of a batch,
    add up both before dividing.

    Raises: TypeError where the targets are class
    probabilities.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
    """
    if target.is_floating_point():
        raise TypeError("targets must be class indices")
    total = F.cross_entropy(
        logits, target, weight,
        ignore_index=ignore_index, reduction="sum")
    index = target.long()  # uint8 would be taken for a mask
    return total, weight[index[index != ignore_index]].sum()
# --8<-- [end:summed_loss]


# --8<-- [start:class_weighted_bce]
def class_weighted_bce(
        logit: torch.Tensor, target: torch.Tensor,
        weight: torch.Tensor) -> torch.Tensor:
    """Return BCE with `F.cross_entropy`'s class weights.

    `logit` and `target` (N), target of 0.0 and 1.0; `weight`
    (2). A sum in float16 can overflow to inf. Not on meta,
    because the targets are checked.

    Raises: ValueError where a target is another number.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html
    """
    if not ((target == 0) | (target == 1)).all():
        raise ValueError("targets must be 0 or 1")
    each = weight[target.long()]
    total = F.binary_cross_entropy_with_logits(
        logit, target, weight=each, reduction="sum")
    return total / each.sum()
# --8<-- [end:class_weighted_bce]
