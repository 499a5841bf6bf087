"""Answers to the exercise that have the right shape and are wrong."""

import torch


# --8<-- [start:view_alone]
def view_alone(
    images: torch.Tensor, patch: tuple[int, int]
) -> torch.Tensor:
    """Cut memory into runs; a run is no patch."""
    B, C, H, W = images.shape
    p_H, p_W = patch
    return images.reshape(B, (H // p_H) * (W // p_W),
                          C * p_H * p_W)
# --8<-- [end:view_alone]


# --8<-- [start:width_split_backwards]
def width_split_backwards(
    images: torch.Tensor, patch: tuple[int, int]
) -> torch.Tensor:
    """Split W into (p_W, W'): every W'-th column lands in one
    patch."""
    B, C, H, W = images.shape
    p_H, p_W = patch
    split = images.reshape(B, C, H // p_H, p_H, p_W, W // p_W)
    return split.permute(0, 2, 5, 1, 3, 4).flatten(3).flatten(
        1, 2)
# --8<-- [end:width_split_backwards]


# --8<-- [start:patches_by_column]
def patches_by_column(
    images: torch.Tensor, patch: tuple[int, int]
) -> torch.Tensor:
    """Put W' before H': the patches come column by column."""
    B, C, H, W = images.shape
    p_H, p_W = patch
    split = images.reshape(B, C, H // p_H, p_H, W // p_W, p_W)
    return split.permute(0, 4, 2, 1, 3, 5).flatten(3).flatten(
        1, 2)
# --8<-- [end:patches_by_column]


# --8<-- [start:unfold_without_permute]
def unfold_without_permute(
    images: torch.Tensor, patch: tuple[int, int]
) -> torch.Tensor:
    """Unfold twice to (B, C, H', W', p_H, p_W), and reshape
    that."""
    B, C, H, W = images.shape
    p_H, p_W = patch
    windows = images.unfold(2, p_H, p_H).unfold(3, p_W, p_W)
    return windows.reshape(B, (H // p_H) * (W // p_W),
                           C * p_H * p_W)
# --8<-- [end:unfold_without_permute]
