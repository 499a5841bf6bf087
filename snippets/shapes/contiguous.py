"""Flattening images in any layout, and a check of that."""

from collections.abc import Callable

import torch


# --8<-- [start:flatten_images]
def flatten_images(images: torch.Tensor) -> torch.Tensor:
    """Return `images` (B, C, H, W) as (B, C * H * W), a view or a copy.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.flatten.html

    >>> flatten_images(torch.zeros(0, 3, 4, 5)).shape
    torch.Size([0, 60])
    """
    return images.flatten(1)
# --8<-- [end:flatten_images]


# --8<-- [start:assert_any_layout]
def assert_any_layout(
        f: Callable[[torch.Tensor], torch.Tensor],
        x: torch.Tensor) -> None:
    """Compare `f` on one `x` in several layouts of its memory.

    Raises: AssertionError where `f` fails or gives another result.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.contiguous.html
    """
    x = x.contiguous()
    expected = f(x.clone())
    for axis in range(x.dim() - 1):
        y = x.movedim(axis, -1).contiguous().movedim(-1, axis)
        where = f"where axis {axis} is the fastest in memory"
        try:
            result = f(y)
        except RuntimeError as error:
            raise AssertionError(f"fails {where}: {error}") from None
        if not torch.allclose(result, expected):
            raise AssertionError(f"another result {where}")
# --8<-- [end:assert_any_layout]
