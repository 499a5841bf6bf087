"""Flattening images in any layout, and a check of that."""

from collections.abc import Callable

import torch

from snippets.guards.judge import (
    Undecided,
    check_dense,
    on_copies,
)


# --8<-- [start:flatten_images]
def flatten_images(images: torch.Tensor) -> torch.Tensor:
    """Return `images` (B, C, H, W) as (B, C * H * W), a view
    or a copy.

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

    The result in row order is the right one. `f` is given
    copies of `x`; modules that it calls are copied, too.

    Raises:
        AssertionError: `f` raises a RuntimeError, TypeError or
            ValueError, or gives another result, where another
            axis of `x` is the fastest in memory.
        Undecided: `f` gives no tensor, or hardly changes where
            the numbers of `x` change places; or `f` is random,
            as dropout in training; or `x` can have one layout,
            is sparse or nested, or lies on meta.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.contiguous.html
    """

    def laid_out(values: torch.Tensor,
                 axis: int) -> torch.Tensor:
        moved = values.movedim(axis, -1)
        rows = moved.clone(
            memory_format=torch.contiguous_format)
        return rows.movedim(-1, axis)

    def run(values: torch.Tensor, axis: int) -> torch.Tensor:
        gpus = range(torch.cuda.device_count())
        with torch.random.fork_rng(gpus), on_copies():
            result = f(laid_out(values, axis))
        if not isinstance(result, torch.Tensor):
            raise Undecided(
                f"f gives a {type(result).__name__}, "
                "no tensor")
        return result

    def alike(a: torch.Tensor, b: torch.Tensor) -> bool:
        if a.shape != b.shape:
            return False
        if not (a.is_floating_point() or a.is_complex()):
            return torch.equal(a, b)
        rounding = torch.finfo(a.dtype).eps ** 0.5
        a, b = a.to(torch.complex128), b.to(torch.complex128)
        sizes = b.abs().nan_to_num(0, 0, 0).flatten().tolist()
        return torch.allclose(
            a, b, rtol=0, equal_nan=True,
            atol=rounding * max(sizes, default=0))

    def is_random() -> bool:
        gpus = range(torch.cuda.device_count())
        with torch.random.fork_rng(gpus):
            torch.manual_seed(torch.initial_seed() + 1)
            return not alike(run(x, -1), expected)

    check_dense(x)
    axes = [axis for axis in range(x.dim())
            if not laid_out(x, axis).is_contiguous()]
    if not axes:
        raise Undecided("x can have one layout")
    expected = run(x, -1)
    for axis in axes:
        where = f"where axis {axis} is the fastest in memory"
        try:
            result = run(x, axis)
        except (RuntimeError, TypeError, ValueError) as error:
            raise AssertionError(
                f"fails {where}: {error}") from None
        if not alike(result, expected):
            if is_random():
                raise Undecided(
                    "f draws random numbers: call eval()")
            raise AssertionError(f"another result {where}")
    backwards = torch.arange(x.numel(),
                             device=x.device).flip(0)
    reverse = x.flatten()[backwards].view(x.shape)
    if alike(run(reverse, -1), expected):
        raise Undecided(
            "reversing x hardly changes what f gives")
# --8<-- [end:assert_any_layout]
