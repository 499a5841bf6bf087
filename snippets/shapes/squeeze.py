"""Dropping axes of size 1 by name, and a check with a batch of one."""

import torch
from torch import nn


# --8<-- [start:drop_axes]
def drop_axes(x: torch.Tensor, *axes: int) -> torch.Tensor:
    """Return a view of `x` without the named axes, all of size 1.

    Raises: ValueError where an axis has another size.

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


# --8<-- [start:assert_batch_of_one]
def assert_batch_of_one(model: nn.Module, x: torch.Tensor) -> None:
    """Compare the output for x[:1] with the first row of that for x.

    `x` has shape (B, ...) with B > 1, and `model` returns (B, ...).

    Raises: AssertionError where the shapes or the values differ.
    """
    with torch.no_grad():
        expected, single = model(x)[:1], model(x[:1])
    if single.shape != expected.shape:
        raise AssertionError(
            f"a batch of one gives {tuple(single.shape)},"
            f" not {tuple(expected.shape)}: squeeze() without dim?")
    torch.testing.assert_close(single, expected)
# --8<-- [end:assert_batch_of_one]
