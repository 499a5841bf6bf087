"""A sample's output must not change with the rest of its batch."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from snippets.guards.judge import (
    Undecided,
    check_dense,
    judge,
    tensors_along,
)


# --8<-- [start:independent_samples]
def independent_samples(
    call: Callable[[torch.Tensor], Any],
    batch: torch.Tensor,
    *,
    batch_dim: int = 0,
) -> None:
    """Check that each sample's output ignores the other
    samples.

    `call` takes tensors like `batch`, whose axis `batch_dim`
    counts samples, and gives a tensor or a tuple of tensors
    with that axis. It looks at the first, the middle and the
    last sample.

    Raises:
        AssertionError: an output changes with the other
            samples.
        Undecided: an output has no batch axis, or samples are
            equal.
    """
    check_dense(batch)
    if batch_dim not in range(-batch.dim(), batch.dim()):
        raise Undecided(
            f"a batch of shape {tuple(batch.shape)} has no "
            f"axis {batch_dim}")
    size = batch.shape[batch_dim]
    if size < 2:
        raise Undecided("one sample has no other samples")

    def samples(
        data: torch.Tensor, rows: list[int]
    ) -> tuple[torch.Tensor, ...]:
        outputs = tensors_along(call(data), batch_dim, size)
        return tuple(out.select(batch_dim, row)
                     for row in rows for out in outputs)

    def among_itself(row: int) -> tuple[torch.Tensor, ...]:
        places = torch.full((size,), row, device=batch.device)
        return samples(
            batch.index_select(batch_dim, places), [row])

    rows = sorted({0, size // 2, size - 1})
    judge(
        lambda: samples(batch.clone(), rows),
        own=lambda: samples(batch.roll(-1, batch_dim), rows),
        other=[partial(among_itself, row) for row in rows],
        message=[
            f"sample {row} changes with the rest of its batch: "
            "batch_first left out, BatchNorm in training, mean() or "
            "softmax over the batch axis, or a view that mixes samples"
            for row in rows])
# --8<-- [end:independent_samples]


# --8<-- [start:same_alone]
def same_alone(
    call: Callable[[torch.Tensor], Any],
    batch: torch.Tensor,
    *,
    batch_dim: int = 0,
) -> None:
    """Check that a batch of one gives what the whole batch
    gives.

    `call` and `batch` are those of `independent_samples`.
    Shapes are compared too, of the first, the middle and the
    last sample. It runs in float64, on copies of the modules.

    Raises:
        AssertionError: a sample alone has another output or
            shape.
        Undecided: the call is random, has an output without a
            batch axis, or samples are equal.
        Other errors: the call raises them, as BatchNorm in
            training does for one sample (1, C).
    """
    check_dense(batch)
    if batch_dim not in range(-batch.dim(), batch.dim()):
        raise Undecided(
            f"a batch of shape {tuple(batch.shape)} has no "
            f"axis {batch_dim}")
    size = batch.shape[batch_dim]
    if size < 2:
        raise Undecided("one sample has no other samples")
    data = batch.double() if batch.is_floating_point() else batch
    outputs: list[torch.Tensor] = []  # of the whole batch

    def of_samples(shift: int) -> tuple[torch.Tensor, ...]:
        return tuple(
            out.narrow(batch_dim, (row + shift) % size, 1)
            for row in rows for out in outputs)

    def together() -> tuple[torch.Tensor, ...]:
        outputs[:] = tensors_along(
            call(data.clone()), batch_dim, size)
        return of_samples(0)

    def alone(row: int) -> Any:
        return call(data.narrow(batch_dim, row, 1).clone())

    rows = sorted({0, size // 2, size - 1})
    judge(
        together,
        own=lambda: of_samples(1),  # those of the next ones
        other=[partial(alone, row) for row in rows],
        reset=False,
        double=True,
        message=[
            f"sample {row} alone has another output or shape: "
            "squeeze() without dim, BatchNorm in training, or a mean, "
            "softmax or view over the batch axis" for row in rows])
# --8<-- [end:same_alone]
