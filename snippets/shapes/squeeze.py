"""Dropping axes of size 1 by name."""

import torch


# --8<-- [start:drop_axes]
def drop_axes(x: torch.Tensor, *axes: int) -> torch.Tensor:
    """Return a view of `x` without the named axes, all of size
    1.

    Raises: ValueError where an axis has another size,
    IndexError where `x` lacks it, RuntimeError where it is
    named twice.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.squeeze.html

    >>> drop_axes(torch.zeros(1, 4, 1), -1).shape
    torch.Size([1, 4])
    """
    for axis in axes:
        if x.shape[axis] != 1:
            raise ValueError(
                f"axis {axis} of {tuple(x.shape)}"
                f" has size {x.shape[axis]}, not 1")
    return x.squeeze(axes)
# --8<-- [end:drop_axes]
