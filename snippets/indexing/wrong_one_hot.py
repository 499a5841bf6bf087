"""A one-hot encoding that goes across the batch."""

import torch


# --8<-- [start:one_hot_along_batch]
def one_hot_along_batch(
        target: torch.Tensor, classes: int) -> torch.Tensor:
    """Mark rows of (N, C) by the classes, below N, of `target`
    (N,)."""
    encoded = torch.zeros(len(target), classes)
    return encoded.scatter_(0, target[:, None], 1)
# --8<-- [end:one_hot_along_batch]
