"""Layouts of the right shape that put numbers in the wrong place."""

import torch


# --8<-- [start:patchify_by_view]
def patchify_by_view(images: torch.Tensor,
                     patch: tuple[int, int]) -> torch.Tensor:
    """Cut the memory of images (B, C, H, W), not the
    images."""
    (batch, _, height, width), (p_h, p_w) = images.shape, patch
    count = (height // p_h) * (width // p_w)
    return images.reshape(batch, count, -1)
# --8<-- [end:patchify_by_view]


# --8<-- [start:unpatchify_channels_last]
def unpatchify_channels_last(
        patches: torch.Tensor, size: tuple[int, int],
        patch: tuple[int, int]) -> torch.Tensor:
    """Read patches in the order (p_H, p_W, C), not
    (C, p_H, p_W)."""
    (height, width), (p_h, p_w) = size, patch
    rows, columns = height // p_h, width // p_w
    split = patches.reshape(
        len(patches), rows, columns, p_h, p_w, -1)
    images = split.permute(0, 5, 1, 3, 2, 4)
    return images.reshape(len(patches), -1, height, width)
# --8<-- [end:unpatchify_channels_last]
