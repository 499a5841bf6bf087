"""Tensors from NumPy arrays: their dtype and their memory."""

from collections.abc import Callable

import numpy as np
import torch


# --8<-- [start:centred]
def centred(image: np.ndarray) -> torch.Tensor:
    """Return `image` (H, W), integers or real floats, around mean 0.

    `torch.tensor` copies, so the array stays as it is. The mean is
    taken off in float64; the result is float32.

    Raises: TypeError where `image` is complex, of objects or of a
        foreign byte order.

    Source: https://docs.pytorch.org/docs/stable/tensors.html
    """
    if image.dtype.kind not in "biuf" or not image.dtype.isnative:
        raise TypeError(f"{image.dtype} is no real number here")
    x = torch.tensor(image, dtype=torch.float64)
    x -= x.mean()
    return x.float()
# --8<-- [end:centred]


# --8<-- [start:assert_array_unchanged]
def assert_array_unchanged(
        load: Callable[[np.ndarray], torch.Tensor],
        array: np.ndarray) -> None:
    """Fail where `load(array)`, or a write to its result, reaches it.

    Fails too where the result is not of the default dtype. Give
    an array that is neither constant nor centred, nor read-only.

    Raises: AssertionError that says which.
    Source: https://docs.pytorch.org/docs/stable/tensors.html
    """
    before = array.copy()
    result = load(array)
    assert np.array_equal(array, before), "load changes its array"
    result += 1
    assert np.array_equal(array, before), (
        "the result shares the array's memory: copy before a write")
    assert result.dtype == torch.get_default_dtype(), (
        f"the result is {result.dtype}, as the array is")
# --8<-- [end:assert_array_unchanged]
