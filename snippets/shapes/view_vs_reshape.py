"""Which tensors share memory, and when a view can exist."""

from collections.abc import Callable
from itertools import pairwise

import torch

from snippets.guards.judge import Undecided


# --8<-- [start:shares_storage]
def shares_storage(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Tell whether `a` and `b`, of any shapes, lie in one
    storage.

    Two parts of one storage count as sharing even where they
    do not overlap. Tensors without elements share nothing.

    Raises: ValueError on the meta device, which has no memory.

    Source: https://docs.pytorch.org/docs/stable/tensor_view.html

    >>> x = torch.zeros(2, 3)
    >>> shares_storage(x, x[1]), shares_storage(x, x.clone())
    (True, False)
    """
    if a.is_meta or b.is_meta:
        raise ValueError(
            "a meta tensor has no memory to share")
    here = a.untyped_storage().data_ptr()
    return (a.numel() > 0 and b.numel() > 0
            and here == b.untyped_storage().data_ptr())
# --8<-- [end:shares_storage]


# --8<-- [start:can_view_flat]
def can_view_flat(x: torch.Tensor) -> bool:
    """Tell whether `x.view(-1)` works, for `x` of any shape.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view.html

    >>> x = torch.zeros(2, 3)
    >>> can_view_flat(x), can_view_flat(x.T)
    (True, False)
    """
    dims = [(size, stride)
            for size, stride in zip(x.shape, x.stride(), strict=True)
            if size != 1]
    return x.numel() == 0 or all(
        stride == next_stride * next_size
        for (_, stride), (next_size,
                          next_stride) in pairwise(dims))
# --8<-- [end:can_view_flat]


# --8<-- [start:clear_every_second]
def clear_every_second(image: torch.Tensor) -> torch.Tensor:
    """Return a copy of `image` (H, W) with every second pixel
    0."""
    flat = image.reshape(-1).clone()
    flat[::2] = 0
    return flat.view(image.shape)
# --8<-- [end:clear_every_second]


# --8<-- [start:assert_input_unchanged]
def assert_input_unchanged(
        call: Callable[[torch.Tensor], object],
        x: torch.Tensor) -> None:
    """Check that `call` leaves its input alone, in any layout.

    `x` has any shape, and numbers that all differ, or are nan.
    Copies of it are laid out with each of its axes as the
    fastest in memory. A write of the numbers that are there
    already counts too.

    Raises:
        AssertionError: a copy is written to; says in which
            layout.
        TypeError: x is complex.
        NotImplementedError: torch's, for a float8.
        Undecided: a write might not show, since numbers
            repeat, or since x is on meta.

    Source: https://docs.pytorch.org/docs/stable/tensor_view.html
    """
    if x.is_complex():
        raise TypeError(f"{x.dtype}: give real numbers")
    if x.is_meta:
        raise Undecided("x is on meta and has no numbers")
    numbers = x[x == x]  # without nan
    if numbers.numel() < 2:
        raise Undecided(
            "fewer than two numbers, so a write might not "
            "show; take torch.arange")
    if numbers.unique().numel() < numbers.numel():
        raise Undecided(
            "numbers repeat, so a write might not show; "
            "take torch.arange")
    for axis in range(x.dim()):
        # y counts its writes
        with torch.inference_mode(False):
            y = x.movedim(axis, -1).clone(
                memory_format=torch.contiguous_format)
            y = y.movedim(-1, axis)
        writes = y._version
        call(y)
        if y._version != writes or y.shape != x.shape or not (
                (y == x) | (y != y) & (x != x)).all():
            raise AssertionError(
                f"the input is written to where axis {axis} is the "
                "fastest in memory: through a view, reshape or an "
                "index; clone before the write")
# --8<-- [end:assert_input_unchanged]
