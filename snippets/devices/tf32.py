"""Which digits TF32 keeps, how to see them and how to keep the rest."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch

from snippets.guards.judge import Undecided


# --8<-- [start:round_to_tf32]
def round_to_tf32(x: torch.Tensor) -> torch.Tensor:
    """Return `x`, finite float32 of any shape, as TF32 keeps
    it.

    Of the 23 bits behind the point it keeps 10, and rounds; a
    half goes away from 0, and what leaves the range is inf. No
    gradient flows.

    Raises: TypeError where `x` is not float32.

    Source: https://docs.pytorch.org/docs/stable/notes/numerical_accuracy.html

    >>> round_to_tf32(torch.tensor([2047.0, 4097.0, -4099.0]))
    tensor([ 2047.,  4096., -4100.])
    """
    if x.dtype != torch.float32:
        raise TypeError(f"{x.dtype} is not float32")
    bits = x.resolve_neg().contiguous().view(torch.int32)
    return ((bits + (1 << 12)) >> 13 << 13).view(torch.float32)
# --8<-- [end:round_to_tf32]


# --8<-- [start:multiply_in_tf32]
def multiply_in_tf32(a: torch.Tensor,
                     b: torch.Tensor) -> torch.Tensor:
    """Return `a @ b`, float32 (..., m, k) and (k, n), as in
    TF32.

    The factors are rounded; their products are summed in
    float32.

    Raises: TypeError where a factor is not float32.

    Source: https://docs.pytorch.org/docs/stable/notes/numerical_accuracy.html
    """
    return round_to_tf32(a) @ round_to_tf32(b)
# --8<-- [end:multiply_in_tf32]


# --8<-- [start:relative_error]
def relative_error(result: torch.Tensor,
                   exact: torch.Tensor) -> float:
    """Return how far `result` is from `exact`, both of any one
    shape.

    Both are finite and below 1e300. `exact` is float64: what
    the same call gives for `x.double()`. The error is 0 where
    all numbers agree, also where all of them are 0.

    Raises:
        TypeError: `exact` is not float64, or `result` not
            floating.
        ValueError: the shapes differ.

    Source: https://docs.pytorch.org/docs/stable/notes/numerical_accuracy.html
    """
    if result.shape != exact.shape:
        raise ValueError(
            f"{result.shape} against {exact.shape}")
    if exact.dtype != torch.float64 or not result.is_floating_point(
    ):
        raise TypeError(
            f"{result.dtype} against {exact.dtype}")

    def length(x: torch.Tensor) -> torch.Tensor:
        largest = x.abs().amax() if x.numel() else x.sum()
        tiny = torch.finfo(x.dtype).smallest_normal
        share: torch.Tensor = (x / largest.clamp(min=tiny)).norm()
        return largest * share

    gap = length(result.double() - exact)
    return float(
        torch.where(gap == 0, 0.0, gap / length(exact)))
# --8<-- [end:relative_error]


# --8<-- [start:full_float32]
@contextlib.contextmanager
def full_float32() -> Iterator[None]:
    """Keep float32's digits in products and convolutions.

    Inside, the older and the newer names of the settings say
    so, and autocast stays as it is. Afterwards both read what
    they read before. An older name that raised, since the
    newer ones differ from it, is then at "highest" or False. A
    `torch.backends.fp32_precision` that is set later does not
    reach convolutions that were in TF32 before.

    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html
    """
    cudnn: Any = torch.backends.cudnn
    mkldnn: Any = torch.backends.mkldnn
    parts: list[Any] = [
        torch.backends, cudnn, torch.backends.cuda.matmul,
        cudnn.conv, cudnn.rnn, mkldnn.matmul, mkldnn.conv,
        mkldnn.rnn]
    matmul, convolve = "highest", False
    newer: list[str] = []
    with contextlib.suppress(RuntimeError):
        matmul = torch.get_float32_matmul_precision()
    with contextlib.suppress(RuntimeError):
        convolve = cudnn.allow_tf32

    def set_all(
        matmul: str, allow_tf32: bool, values: Iterable[str]
    ) -> None:
        torch.set_float32_matmul_precision(matmul)
        cudnn.allow_tf32 = allow_tf32
        for part, value in zip(parts, values, strict=True):
            part.fp32_precision = value

    before = [part.fp32_precision for part in parts]
    for part, value in zip(parts, before, strict=True):
        # with "none" above it, a part that followed reads
        # otherwise
        own = part.fp32_precision
        newer.append(value if own == value else "none")
        part.fp32_precision = "none"
    try:
        set_all("highest", False, ["ieee"] * len(parts))
        yield
    finally:
        set_all(matmul, convolve, newer)
# --8<-- [end:full_float32]


# --8<-- [start:assert_keeps_float32]
def assert_keeps_float32(
        multiply: Callable[[torch.Tensor, torch.Tensor],
                           torch.Tensor],
        size: int = 256) -> None:
    """Check that `multiply` keeps more bits than TF32.

    It gets two float32 matrices (size, size) and returns
    `a @ b`. All entries must be 4097, which needs 12 bits
    behind the point.

    Raises:
        AssertionError: names the entry that is farthest off.
        Undecided: `size` is 0.

    Source: https://docs.pytorch.org/docs/stable/notes/numerical_accuracy.html
    """
    if not size:
        raise Undecided(
            "a matrix without entries has no digits")
    a = 4097 * torch.eye(size, dtype=torch.float32)
    b = torch.ones(size, size, dtype=torch.float32)
    for result in [multiply(a, b), multiply(b, a)]:
        gap = (result.double() - 4097).abs()
        worst = result.flatten()[gap.argmax()].item()
        assert gap.max() < 4097 * 2**-13, (
            f"4097 * 1 gives {worst:g}: numbers are rounded to "
            "fewer bits than float32 has, as in TF32 or bfloat16")
# --8<-- [end:assert_keeps_float32]
