"""A sample's output must not change with the rest of its batch."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from snippets.guards.judge import (
    Undecided,
    judge,
    judge_all,
    tensors_along,
)


# --8<-- [start:independent_samples]
def independent_samples(
    call: Callable[[torch.Tensor], Any],
    batch: torch.Tensor,
    *,
    batch_dim: int = 0,
) -> None:
    """Check that each sample's output ignores the other samples.

    `call` takes tensors like `batch`, whose axis `batch_dim` counts
    samples, and gives a tensor or a tuple of tensors with that axis.

    Raises:
        AssertionError: an output changes with the other samples.
        Undecided: an output has no batch axis, or samples are equal.
    """
    size = batch.shape[batch_dim]
    if size < 2:
        raise Undecided("one sample has no other samples")

    def sample(row: int, *order: int) -> tuple[torch.Tensor, ...]:
        rows = torch.tensor(order, device=batch.device)
        result = call(batch.index_select(batch_dim, rows))
        outputs = tensors_along(result, batch_dim, size)
        return tuple(out.select(batch_dim, row) for out in outputs)

    def judge_sample(row: int) -> None:
        own = [*order[:row], (row + 1) % size, *order[row + 1:]]
        judge(
            partial(sample, row, *order),
            own=partial(sample, row, *own),
            other=partial(sample, row, *[row] * size),
            message=f"sample {row} changes with the rest of its batch: "
            "batch_first left out, BatchNorm in training, mean() or "
            "softmax over the batch axis, or a view that mixes samples")

    order = list(range(size))
    rows = sorted({0, size // 2, size - 1})
    judge_all(partial(judge_sample, row) for row in rows)
# --8<-- [end:independent_samples]


# --8<-- [start:same_alone]
def same_alone(
    call: Callable[[torch.Tensor], Any],
    batch: torch.Tensor,
    *,
    batch_dim: int = 0,
) -> None:
    """Check that a batch of one gives what the whole batch gives.

    `call` and `batch` are those of `independent_samples`. Shapes are
    compared too. It runs in float64, on copies of the modules.

    Raises:
        AssertionError: a sample alone has another output or shape.
        Undecided: the call is random, has an output without a batch
            axis, or samples are equal.
    """
    size = batch.shape[batch_dim]
    if size < 2:
        raise Undecided("one sample has no other samples")
    data = batch.double() if batch.is_floating_point() else batch

    def together(row: int, *order: int) -> tuple[torch.Tensor, ...]:
        rows = torch.tensor(order, device=batch.device)
        result = call(data.index_select(batch_dim, rows))
        outputs = tensors_along(result, batch_dim, size)
        return tuple(out.narrow(batch_dim, row, 1) for out in outputs)

    def alone(row: int) -> Any:
        return call(data.narrow(batch_dim, row, 1).clone())

    def judge_sample(row: int) -> None:
        own = [*order[:row], (row + 1) % size, *order[row + 1:]]
        judge(
            partial(together, row, *order),
            own=partial(together, row, *own),
            other=partial(alone, row),
            reset=False,
            double=True,
            message=f"sample {row} alone has another output or shape: "
            "squeeze() without dim, BatchNorm in training, or a mean, "
            "softmax or view over the batch axis")

    order = list(range(size))
    rows = sorted({0, size // 2, size - 1})
    judge_all(partial(judge_sample, row) for row in rows)
# --8<-- [end:same_alone]
