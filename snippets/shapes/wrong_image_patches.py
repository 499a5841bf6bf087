"""Patches that are none, and their exact inverse."""

import torch


# --8<-- [start:patchify_interleaved]
def patchify_interleaved(
        images: torch.Tensor,
        patch: tuple[int, int]) -> torch.Tensor:
    """Deal columns of `images` (B, C, H, W) out to patches in
    turn."""
    (batch, channels, height, width), (p_h, p_w) = images.shape, patch
    rows, columns = height // p_h, width // p_w
    split = images.reshape(
        batch, channels, rows, p_h, p_w, columns)
    patches = split.permute(0, 2, 5, 1, 3, 4)
    return patches.reshape(batch, rows * columns,
                           channels * p_h * p_w)
# --8<-- [end:patchify_interleaved]


# --8<-- [start:unpatchify_interleaved]
def unpatchify_interleaved(
        patches: torch.Tensor, size: tuple[int, int],
        patch: tuple[int, int]) -> torch.Tensor:
    """Undo `patchify_interleaved`: an exact inverse, a wrong
    layout."""
    (height, width), (p_h, p_w) = size, patch
    rows, columns = height // p_h, width // p_w
    split = patches.reshape(
        len(patches), rows, columns, -1, p_h, p_w)
    images = split.permute(0, 3, 1, 4, 5, 2)
    return images.reshape(len(patches), -1, height, width)
# --8<-- [end:unpatchify_interleaved]
