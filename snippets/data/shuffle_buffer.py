"""A buffer that shuffles a stream of samples."""

from collections.abc import Iterable, Iterator
from typing import Any

import torch


# --8<-- [start:shuffled]
def shuffled(
    samples: Iterable[Any],
    size: int,
    generator: torch.Generator | None = None,
) -> Iterator[Any]:
    """Yield each of `samples` once, drawn from a buffer of
    `size`.

    The output at place p is one of the first p + size
    samples. With a `size` of at least their number, all
    orders are equally likely.

    Raises: ValueError where `size` is below 1.
    Source: https://github.com/pytorch/pytorch/issues/45114
    """
    if size < 1:
        raise ValueError(f"size {size} is below 1")
    buffer: list[Any] = []
    for sample in samples:
        if len(buffer) < size:
            buffer.append(sample)
            continue
        i = int(torch.randint(size, (), generator=generator))
        yield buffer[i]
        buffer[i] = sample
    rest = torch.randperm(len(buffer), generator=generator)
    for i in rest.tolist():
        yield buffer[i]
# --8<-- [end:shuffled]
