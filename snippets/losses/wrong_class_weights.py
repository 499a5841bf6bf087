"""A mean of means where the parts do not weigh the same."""

import torch
import torch.nn.functional as F


# --8<-- [start:mean_of_means]
def mean_of_means(
        logits: torch.Tensor, target: torch.Tensor,
        weight: torch.Tensor, parts: int) -> torch.Tensor:
    """Count every part alike, whatever weights its targets
    have.

    `logits` (N, C), `target` (N) of class indices, `weight`
    (C).
    """
    pairs = zip(
        logits.chunk(parts), target.chunk(parts), strict=True)
    losses = [F.cross_entropy(z, t, weight) for z, t in pairs]
    return torch.stack(losses).mean()
# --8<-- [end:mean_of_means]
