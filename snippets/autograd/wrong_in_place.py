"""A write to a tensor that was saved for the backward pass."""

import torch


# --8<-- [start:scale_and_count]
def scale_and_count(
        x: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
    """Return `x` times `count`, then change the saved
    `count`."""
    y = x * count
    count += 1
    return y
# --8<-- [end:scale_and_count]
