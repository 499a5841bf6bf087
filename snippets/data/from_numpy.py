"""Tensors from NumPy arrays: their dtype and their memory."""

from collections.abc import Callable

import numpy as np
import torch

from snippets.guards.judge import Undecided


# --8<-- [start:centred]
def centred(image: np.ndarray) -> torch.Tensor:
    """Return `image` (H, W), integers or real floats, around
    mean 0.

    `torch.tensor` copies, so the array stays as it is. The
    mean is taken off in float64; the result is float32.

    Raises:
        TypeError: `image` is complex, of objects, of a foreign
            byte order or of `np.longdouble`.
        ValueError: `image` is flipped, or it is a field of a
            packed structured array; give `image.copy()`.

    Source: https://docs.pytorch.org/docs/stable/tensors.html
    """
    if image.dtype.kind not in "biuf" or not image.dtype.isnative:
        raise TypeError(
            f"{image.dtype} is no real number here")
    x = torch.tensor(image, dtype=torch.float64)
    x -= x.mean()
    return x.float()
# --8<-- [end:centred]


# --8<-- [start:assert_array_unchanged]
def assert_array_unchanged(
        load: Callable[[np.ndarray], torch.Tensor],
        array: np.ndarray) -> None:
    """Fail where `load(array)` changes `array`, or shares its
    memory.

    Fails too where the result is not of the default dtype.
    Give a NumPy array of numbers that `load` would change.
    What it changes is put back, if the array is writeable. It
    misses memory that a sparse result shares.

    Raises:
        AssertionError: says which.
        Undecided: the array has no elements.
    Source: https://docs.pytorch.org/docs/stable/tensors.html
    """
    if not array.size:
        raise Undecided("the array has no elements")
    before = array.copy()
    try:
        result = load(array)
        same = array.tobytes() == before.tobytes()
    finally:
        if array.flags.writeable:
            array[...] = before
    assert same, "load changes its array"
    if result.device.type == "cpu" and result.layout == torch.strided:
        held = torch.empty(0, dtype=torch.uint8, device="cpu")
        held.set_(result.untyped_storage())
        assert not np.may_share_memory(array, held.numpy()), (
            "the result shares the array's memory: copy before a write")
    assert result.dtype == torch.get_default_dtype(), (
        f"the result is {result.dtype}, not "
        f"{torch.get_default_dtype()}")
# --8<-- [end:assert_array_unchanged]
