"""Images in bytes: rounded and clamped before the cast."""

from collections.abc import Callable

import torch


# --8<-- [start:to_bytes]
def to_bytes(image: torch.Tensor) -> torch.Tensor:
    """Return `image`, floats between 0 and 1, as uint8 from 0
    to 255.

    Any shape. Numbers between -1 and 0 become 0, and those
    between 1 and 2 become 255, all in float32. Reads the
    numbers, so it takes no meta tensor.

    Raises:
        TypeError: `image` does not hold real floats.
        ValueError: a number is nan, or below -1, or above 2.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to.html
    """
    if not image.is_floating_point():
        raise TypeError(
            f"floats from 0 to 1, not {image.dtype}")
    x = image.float()
    if x.numel():
        low, high = (bound.item() for bound in x.aminmax())
        if not (low >= -1 and high <= 2):
            raise ValueError(
                f"{low} to {high} is not near 0 to 1: undo the "
                "normalization, or divide by 255")
    return (x * 255).round().clamp(0, 255).byte()
# --8<-- [end:to_bytes]


# --8<-- [start:assert_bytes_survive]
def assert_bytes_survive(
        to_float: Callable[[torch.Tensor], torch.Tensor],
        to_bytes: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Fail where `to_bytes` does not bring back what
    `to_float` made.

    `to_float` scales and shifts an image of uint8,
    (3, 16, 16), and may do so for each channel apart, in
    float32 or float64: a half precision loses the 0.3 of a
    level that is added. `to_bytes` undoes that.

    Raises: AssertionError with the first level that is lost.
    Source: https://github.com/pytorch/vision/pull/121
    """
    levels = torch.arange(256, dtype=torch.uint8).view(
        1, 16, 16)
    levels = levels.repeat(3, 1, 1)
    x = to_float(levels)
    step = (x[:, -1:, -1:] - x[:, :1, :1]) / 255
    for noise in [0, 0.3, -0.3, 2, -2]:
        got = to_bytes(x + noise * step).cpu()
        want = (levels.cpu().float() + noise).round().clamp(
            0, 255).byte()
        for at in (got != want).nonzero()[:1].tolist():
            level, lost, right = (image[tuple(at)].item()
                                  for image in (levels, got,
                                                want))
            raise AssertionError(
                f"level {level}{noise:+} becomes {lost}, not {right}")
# --8<-- [end:assert_bytes_survive]
