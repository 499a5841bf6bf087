"""The checks of the exercise on image patches."""

from collections.abc import Callable

import torch


# --8<-- [start:check_patchify]
def check_patchify(
    patchify: Callable[[torch.Tensor, tuple[int, int]],
                       torch.Tensor],
    specification: Callable[[torch.Tensor, tuple[int, int]],
                            torch.Tensor],
) -> str:
    """Compare `patchify` and `specification` on images
    (2, 3, 4, 9).

    Raises:
        AssertionError: with a likely cause, where an element
            is out of place.
    """
    images = torch.arange(2 * 3 * 4 * 9).reshape(2, 3, 4, 9)
    want, got = specification(images, (2, 3)), patchify(images, (2, 3))
    assert got.shape == want.shape, (
        f"(B, H'·W', C·p_H·p_W) is {tuple(want.shape)} here, "
        f"not {tuple(got.shape)}")
    first, right = got[0, 0].sort().values, want[0, 0].sort().values
    assert torch.equal(first, right), (
        "patch 0 holds pixels from outside the top left patch: split H "
        "into (H', p_H) and W into (W', p_W), then move H' and W' in "
        "front of C, p_H and p_W")
    assert torch.equal(got[0, 0], want[0, 0]), (
        "patch 0 holds the right pixels in the wrong order: C, then p_H, "
        "then p_W come last")
    assert torch.equal(got[0, 1], want[0, 1]), (
        "patch 1 is not the right neighbour of patch 0: H' comes before "
        "W'")
    assert torch.equal(got,
                       want), "images or patches are mixed up"
    return f"all {want.numel()} elements are in their place"
# --8<-- [end:check_patchify]


# --8<-- [start:check_unpatchify]
def check_unpatchify(
    unpatchify: Callable[
        [torch.Tensor, tuple[int, int], tuple[int, int]],
        torch.Tensor],
    specification: Callable[[torch.Tensor, tuple[int, int]],
                            torch.Tensor],
) -> str:
    """Give `unpatchify` patches of images (2, 3, 4, 9) to put
    together.

    Raises:
        AssertionError: with a likely cause, where an element
            is out of place.
    """
    images = torch.arange(2 * 3 * 4 * 9).reshape(2, 3, 4, 9)
    got = unpatchify(
        specification(images, (2, 3)), (4, 9), (2, 3))
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
