"""Images between 0 and 1, whatever their dtype."""

from collections.abc import Callable
from typing import Any

import torch


# --8<-- [start:unit_image]
def unit_image(image: torch.Tensor,
               white: float) -> torch.Tensor:
    """Return `image`, of any shape, in float32 between 0 and
    1.

    `white` is the number of a white pixel: 255 for 8 bits,
    65535 for 16, 1 for floats that were divided before. It is
    compared with the numbers in float32. An image that is too
    dark for `white` passes, except floats as below. Reads the
    numbers: no meta tensor.

    Raises:
        TypeError: `image` is complex.
        ValueError: a number lies outside 0 to `white`, or is
            nan, or floats, not all of them 0, reach at most 1
            where `white` is greater; or `white` is not above 0
            in float32.
    Source: https://docs.pytorch.org/vision/stable/transforms.html
    """
    if image.is_complex():
        raise TypeError("a complex tensor is no image")
    white = torch.tensor(
        white, dtype=torch.float32, device="cpu").item()
    if not white > 0:
        raise ValueError(f"white is above 0, not {white}")
    x = image.float()
    if x.numel():
        low, high = (bound.item() for bound in x.aminmax())
        if not (low >= 0 and high <= white):
            raise ValueError(
                f"{low} to {high} is not 0 to {white}")
        if image.is_floating_point() and 0 < high <= 1 < white:
            raise ValueError(
                "floats up to 1 look divided before; pass white=1")
    return x / white
# --8<-- [end:unit_image]


# --8<-- [start:assert_red_is_1_0_0]
def assert_red_is_1_0_0(
        load: Callable[[Any], torch.Tensor], red: Any) -> None:
    """Fail where `load(red)` is not red: (3, H, W) of 1, 0 and
    0.

    `red` is a red image as your files give it: a path, a PIL
    image, an array. `load` must not normalize. JPEG may be off
    by 0.02.

    Raises: AssertionError with the shape, the dtype or a
    pixel.
    Source: https://docs.pytorch.org/vision/stable/transforms.html
    """
    image = load(red)
    shape = tuple(image.shape)
    assert shape == (3,
                     *shape[-2:]), f"{shape} is not (3, H, W)"
    assert image.numel(), "the image is empty"
    assert image.is_floating_point(), f"the dtype is {image.dtype}"
    pixels = image.double().flatten(1).T
    gap = (pixels - pixels.new_tensor([1.0, 0.0, 0.0])).abs()
    worst = gap.amax(dim=1).argmax()
    assert gap[worst].max() <= 0.02, (
        f"a red pixel is {pixels[worst].tolist()}, not [1, 0, 0]")
# --8<-- [end:assert_red_is_1_0_0]
