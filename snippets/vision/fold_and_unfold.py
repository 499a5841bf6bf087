"""Changing overlapping patches of an image, and joining them again."""

# --8<-- [start:mean_of_patches]
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def mean_of_patches(
    x: Tensor,
    change: Callable[[Tensor], Tensor],
    size: int,
    stride: int,
) -> Tensor:
    """The image (B, C, H, W) of the changed patches, their
    mean.

    `change` takes and gives (B, C size size, patches). `x` is
    of floating dtype. The sums are in float32 or float64.

    Raises:
        TypeError: `x` is not of floating dtype.
        ValueError: `x` has not four axes, or some pixels lie
            in no patch, or `stride` is below 1.
    """
    if not x.is_floating_point():
        raise TypeError(
            f"x must be of floating dtype, not {x.dtype}")
    if x.dim() != 4:
        raise ValueError(
            f"wanted (B, C, H, W), not {tuple(x.shape)}")
    height, width = x.shape[2:]
    if (min(height, width) < size or not 1 <= stride <= size
            or (height - size) % stride
            or (width - size) % stride):
        raise ValueError(
            f"patches of {size} with stride {stride} do not cover "
            f"{height} x {width} pixels")
    patches = change(F.unfold(x, size, stride=stride))
    wide = torch.promote_types(patches.dtype, torch.float32)
    ones = torch.ones_like(x[:1, :1], dtype=wide)
    count = F.fold(F.unfold(ones, size, stride=stride),
                   (height, width), size, stride=stride)
    joined = F.fold(patches.to(wide),
                    (height, width), size, stride=stride)
    return (joined / count).to(patches.dtype)
# --8<-- [end:mean_of_patches]
