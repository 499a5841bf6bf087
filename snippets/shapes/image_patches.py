"""Images to patches and back, and the layout spelled out."""

import torch


# --8<-- [start:patchify]
def patchify(images: torch.Tensor,
             patch: tuple[int, int]) -> torch.Tensor:
    """Cut images (B, C, H, W) into patches
    (B, H'*W', C*p_H*p_W).

    `patch` is (p_H, p_W), both above 0, H' is H / p_H and W'
    is W / p_W. Patches come in raster order, the numbers of
    each in the order (C, p_H, p_W).

    Raises:
        ValueError: an image does not divide into whole
            patches.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Unfold.html

    >>> patchify(torch.arange(8).reshape(1, 1, 2, 4), (2, 2))
    tensor([[[0, 1, 4, 5],
             [2, 3, 6, 7]]])
    """
    (batch, channels, height, width), (p_h, p_w) = images.shape, patch
    if height % p_h or width % p_w:
        raise ValueError(
            f"images {height}x{width} do not divide "
            f"into patches {p_h}x{p_w}")
    rows, columns = height // p_h, width // p_w
    split = images.reshape(
        batch, channels, rows, p_h, columns, p_w)
    patches = split.permute(0, 2, 4, 1, 3, 5)
    return patches.reshape(batch, rows * columns,
                           channels * p_h * p_w)
# --8<-- [end:patchify]


# --8<-- [start:unpatchify]
def unpatchify(patches: torch.Tensor, size: tuple[int, int],
               patch: tuple[int, int]) -> torch.Tensor:
    """Join patches (B, H'*W', C*p_H*p_W) to images
    (B, C, H, W).

    `size` is (H, W), `patch` is (p_H, p_W), both above 0; the
    patches stand as `patchify` gives them.

    Raises:
        ValueError: the patches do not fill images of this
            size.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Fold.html

    >>> patches = torch.tensor([[[0, 1, 4, 5], [2, 3, 6, 7]]])
    >>> unpatchify(patches, (2, 4), (2, 2))
    tensor([[[[0, 1, 2, 3],
              [4, 5, 6, 7]]]])
    """
    (height, width), (p_h, p_w) = size, patch
    batch, count, numbers = patches.shape
    rows, columns = height // p_h, width // p_w
    channels = numbers // (p_h * p_w)
    if (height % p_h or width % p_w or count != rows * columns
            or numbers % (p_h * p_w)):
        raise ValueError(
            f"{count} patches {p_h}x{p_w} of {numbers} numbers "
            f"do not fill images {height}x{width}")
    split = patches.reshape(
        batch, rows, columns, channels, p_h, p_w)
    images = split.permute(0, 3, 1, 4, 2, 5)
    return images.reshape(batch, channels, height, width)
# --8<-- [end:unpatchify]


# --8<-- [start:patches_by_slicing]
def patches_by_slicing(images: torch.Tensor,
                       patch: tuple[int, int]) -> torch.Tensor:
    """Cut images (B, C, H, W) into patches, one slice at a
    time.

    `patch` is (p_H, p_W) and divides (H, W). The result has
    the shape (B, H'*W', C*p_H*p_W). Slow, and plain enough to
    be believed.

    Raises:
        ValueError: an image is empty, or not of whole patches.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Unfold.html
    """
    (height, width), (p_h, p_w) = images.shape[2:], patch
    if not height * width or height % p_h or width % p_w:
        raise ValueError(
            f"images {height}x{width} do not hold "
            f"whole patches {p_h}x{p_w}")
    patches = []
    for top in range(0, height, p_h):
        for left in range(0, width, p_w):
            cut = images[:, :, top:top + p_h, left:left + p_w]
            patches.append(cut.flatten(1))
    return torch.stack(patches, dim=1)
# --8<-- [end:patches_by_slicing]
