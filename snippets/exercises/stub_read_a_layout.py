"""What the exercise starts from."""

import torch


# --8<-- [start:read_layout]
def read_layout(
        wanted: torch.Tensor) -> tuple[list[int], list[int]]:
    """Return `sizes` and `order` of the chain that gives
    `wanted`.

    `wanted` holds the numbers from 0 to n - 1, and it is
    torch.arange(n).reshape(sizes).permute(order).
    """
    raise NotImplementedError(
        "look at the step along each axis")
# --8<-- [end:read_layout]
