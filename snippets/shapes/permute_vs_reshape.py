"""Moving axes before merging them, and finding which way to move."""

from itertools import permutations

import torch


# --8<-- [start:image_to_tokens]
def image_to_tokens(images: torch.Tensor) -> torch.Tensor:
    """Turn `images` (B, C, H, W) into tokens (B, H*W, C).

    Token h*W + w holds the channels of the pixel in row h,
    column w.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.permute.html
    """
    batch, channels, height, width = images.shape
    pixels = images.permute(0, 2, 3, 1)
    return pixels.reshape(batch, height * width, channels)
# --8<-- [end:image_to_tokens]


# --8<-- [start:permutations_giving]
def permutations_giving(
        x: torch.Tensor,
        wanted: torch.Tensor) -> list[tuple[int, ...]]:
    """List the axis orders giving `wanted` by permute, then
    reshape.

    `x` and `wanted` may have any shapes with the same number
    of elements. Give `x` elements that all differ, as
    `torch.arange` does.

    Raises:
        RuntimeError: the numbers of elements differ.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.permute.html

    >>> x = torch.tensor([[0, 1], [2, 3]])
    >>> permutations_giving(x, torch.tensor([0, 2, 1, 3]))
    [(1, 0)]
    """
    shape = wanted.shape
    return [
        order for order in permutations(range(x.ndim))
        if torch.equal(
            x.permute(order).reshape(shape), wanted)]
# --8<-- [end:permutations_giving]
