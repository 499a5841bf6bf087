"""Random transforms of an image and its mask that draw once."""

from collections.abc import Callable

import torch


# --8<-- [start:random_crop_pair]
def random_crop_pair(
        image: torch.Tensor, mask: torch.Tensor, height: int,
        width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Cut one random piece of (height, width) out of both;
    flip both.

    `image` (C, H, W) and `mask` (H, W), of any dtypes but the
    packed float4. The flip, from left to right, has
    probability one half.

    Raises: ValueError for other shapes, or a piece that is too
    large.
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
    columns = list(range(j, j + width))
    # tensor.flip does not take uint16
    if torch.rand(()) < 0.5:
        columns.reverse()
    return image[:, i:i + height, columns], mask[i:i + height, columns]
# --8<-- [end:random_crop_pair]


# --8<-- [start:assert_pair_stays_together]
def assert_pair_stays_together(
        transform: Callable[..., tuple[torch.Tensor, torch.Tensor]],
        size: int = 64) -> None:
    """Fail where `transform(image, mask)` moves the two far
    apart.

    10 % or more of the pixels must differ in one of 20 calls.
    So two crops that are one or two pixels apart pass, and a
    rare move may. It is called with an image (1, size, size)
    of 0.0 and 1.0, and a mask (size, size) of 0 and 2 at the
    same places. It may crop, flip, turn and resize, and should
    leave brightness alone.

    Raises: AssertionError with what is wrong.
    Source: https://github.com/pytorch/vision/issues/9
    """
    shape = torch.zeros(size, size, dtype=torch.int64)
    shape[: size // 3, : size // 4] = 1
    shape[size // 2:, size // 3:] = 1
    for _ in range(20):
        image, mask = transform(shape[None].float(), 2 * shape)
        found = set(mask.unique().tolist())
        assert found <= {0,
                         2}, f"classes 0 and 2 became {found}"
        apart = (image > 0.5) != (mask == 2)
        assert apart.double().mean() < 0.1, (
            "the mask is not where the image is: two random draws?")
# --8<-- [end:assert_pair_stays_together]
