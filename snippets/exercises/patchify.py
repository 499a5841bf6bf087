"""The exercise on image patches: its check and its solution."""

from collections.abc import Callable

import torch


# --8<-- [start:slow_patches]
def slow_patches(
    images: torch.Tensor, patch_size: tuple[int, int]
) -> torch.Tensor:
    """Patches (B, H'·W', C·p_H·p_W) of images (B, C, H, W), pixel by pixel."""
    height, width = patch_size
    patches = []
    for top in range(0, images.shape[2], height):
        for left in range(0, images.shape[3], width):
            patch = images[:, :, top:top + height, left:left + width]
            patches.append(patch.flatten(start_dim=1))
    return torch.stack(patches, dim=1)
# --8<-- [end:slow_patches]


# --8<-- [start:check_patchify]
def check_patchify(
    patchify: Callable[[torch.Tensor, tuple[int, int]], torch.Tensor],
) -> str:
    """Compare `patchify` with slow_patches on images (2, 3, 4, 9).

    Raises:
        AssertionError: with the likely cause, where an element is
            out of place.
    """
    images = torch.arange(2 * 3 * 4 * 9).reshape(2, 3, 4, 9)
    want, got = slow_patches(images, (2, 3)), patchify(images, (2, 3))
    assert got.shape == want.shape, (
        f"(B, H'·W', C·p_H·p_W) is {tuple(want.shape)} here, "
        f"not {tuple(got.shape)}")
    first, right = got[0, 0].sort().values, want[0, 0].sort().values
    assert torch.equal(first, right), (
        "patch 0 holds pixels from outside the top left patch: split H "
        "into (H', p_H) and W into (W', p_W) before anything moves")
    assert torch.equal(got[0, 0], want[0, 0]), (
        "patch 0 holds the right pixels in the wrong order: C, then p_H, "
        "then p_W come last")
    assert torch.equal(got[0, 1], want[0, 1]), (
        "patch 1 is not the right neighbour of patch 0: H' comes before "
        "W'")
    assert torch.equal(got, want), "images or patches are mixed up"
    return f"all {want.numel()} elements are in their place"
# --8<-- [end:check_patchify]


# --8<-- [start:check_unpatchify]
def check_unpatchify(
    unpatchify: Callable[
        [torch.Tensor, tuple[int, int], tuple[int, int]], torch.Tensor],
) -> str:
    """Give `unpatchify` slow_patches and compare with the images.

    Raises:
        AssertionError: with the likely cause, where an element is
            out of place.
    """
    images = torch.arange(2 * 3 * 4 * 9).reshape(2, 3, 4, 9)
    got = unpatchify(slow_patches(images, (2, 3)), (2, 3), (4, 9))
    assert got.shape == images.shape, (
        f"(B, C, H, W) is {tuple(images.shape)} here, "
        f"not {tuple(got.shape)}")
    assert torch.equal(got[0, 0, 0], images[0, 0, 0]), (
        "the first row of the image is torn: p_W must stand next to W' "
        "before the last reshape")
    assert torch.equal(got, images), (
        "rows or channels are mixed up: p_H must stand next to H'")
    return f"all {images.numel()} elements are in their place"
# --8<-- [end:check_unpatchify]


# --8<-- [start:patchify]
def patchify(
    images: torch.Tensor, patch_size: tuple[int, int]
) -> torch.Tensor:
    """Split images (B, C, H, W) into patches (B, H'·W', C·p_H·p_W)."""
    B, C, H, W = images.shape
    p_H, p_W = patch_size
    split = images.reshape(B, C, H // p_H, p_H, W // p_W, p_W)
    return split.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)
# --8<-- [end:patchify]


# --8<-- [start:unpatchify]
def unpatchify(
    patches: torch.Tensor,
    patch_size: tuple[int, int],
    image_size: tuple[int, int],
) -> torch.Tensor:
    """Put patches (B, H'·W', C·p_H·p_W) together to (B, C, H, W)."""
    B = len(patches)
    p_H, p_W = patch_size
    H, W = image_size
    split = patches.reshape(B, H // p_H, W // p_W, -1, p_H, p_W)
    return split.permute(0, 3, 1, 4, 2, 5).flatten(4).flatten(2, 3)
# --8<-- [end:unpatchify]
