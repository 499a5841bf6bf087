"""Random transforms of an image and its mask that draw once."""

from collections.abc import Callable

import torch


# --8<-- [start:random_crop_pair]
def random_crop_pair(
        image: torch.Tensor, mask: torch.Tensor,
        height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Cut one random piece of (height, width) out of both; flip both.

    `image` (C, H, W) and `mask` (H, W), of dtypes that `Tensor.flip`
    takes (on a CPU neither uint16 nor float8, for example). The flip
    is from left to right, with probability one half.

    Raises: ValueError for other shapes, or a piece that is too large.
    Source: https://github.com/pytorch/vision/issues/9
    """
    if image.ndim != 3 or image.shape[1:] != mask.shape:
        raise ValueError(
            f"image {tuple(image.shape)} and mask {tuple(mask.shape)} "
            "are not (C, H, W) and (H, W)")
    top, left = mask.shape[0] - height, mask.shape[1] - width
    if min(top, left) < 0 or min(height, width) < 1:
        raise ValueError(
            f"no piece of {(height, width)} in {tuple(mask.shape)}")
    i, j = (int(torch.randint(n + 1, ())) for n in (top, left))
    flips = [-1] if torch.rand(()) < 0.5 else []
    image = image[:, i:i + height, j:j + width]
    mask = mask[i:i + height, j:j + width]
    return image.flip(flips), mask.flip(flips)
# --8<-- [end:random_crop_pair]


# --8<-- [start:assert_pair_stays_together]
def assert_pair_stays_together(
        transform: Callable[..., tuple[torch.Tensor, torch.Tensor]],
        size: int = 64) -> None:
    """Fail where `transform(image, mask)` moves the two apart.

    It is called with an image (1, size, size) of 0.0 and 1.0, and a
    mask (size, size) of 0 and 2 at the same places. It may crop,
    flip, turn and resize, and should leave brightness alone. Up to
    10 % of the pixels may differ, as a resize does at borders, so two
    that lie a few pixels apart can pass.

    Raises: AssertionError with what is wrong.
    Source: https://github.com/pytorch/vision/issues/9
    """
    shape = torch.zeros(size, size, dtype=torch.int64)
    shape[: size // 3, : size // 4] = 1
    shape[size // 2:, size // 3:] = 1
    for _ in range(20):
        image, mask = transform(shape[None].float(), 2 * shape)
        found = set(mask.unique().tolist())
        assert found <= {0, 2}, f"classes 0 and 2 became {found}"
        apart = (image > 0.5) != (mask == 2)
        assert apart.double().mean() < 0.1, (
            "the mask is not where the image is: two random draws?")
# --8<-- [end:assert_pair_stays_together]
