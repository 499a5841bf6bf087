"""An output must not change with later positions."""

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


# --8<-- [start:causal]
def causal(
    call: Callable[[torch.Tensor], Any],
    x: torch.Tensor,
    *,
    time_dim: int = 1,
) -> None:
    """Check that outputs up to t ignore the positions after t.

    `call` takes tensors like `x`, with time along `time_dim`,
    and gives a tensor or a tuple of tensors with that axis. Up
    to six positions, every t but the last is tried, with one
    call each; of more, five are: the first, the last and three
    between.

    Raises:
        AssertionError: an output changes with a later
            position.
        Undecided: an output has no axis of time or does not
            change with its past, or the positions of `x` are
            equal.
    """
    check_dense(x)
    if time_dim not in range(-x.dim(), x.dim()):
        raise Undecided(
            f"x of shape {tuple(x.shape)} has no axis "
            f"{time_dim}")
    length = x.shape[time_dim]
    if length < 2:
        raise Undecided("one position has no later positions")

    def take(places: list[int]) -> torch.Tensor:
        index = torch.tensor(places, device=x.device)
        return x.index_select(time_dim, index)

    def until(
        times: list[int], x: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        outputs = tensors_along(
            call(x.clone()), time_dim, length)
        return tuple(out.narrow(time_dim, 0, t + 1)
                     for t in times for out in outputs)

    last, first = length - 2, x.select(time_dim, 0)
    cuts = sorted({last * part // 4 for part in range(5)})
    differ = [t for t in range(length)
              if not torch.equal(x.select(time_dim, t), first)]
    if not differ:
        raise Undecided("the positions of x are equal")
    fill = [
        0 if t in differ else differ[0] for t in range(length)]
    judge(
        lambda: until(cuts, x),
        own=lambda: until(cuts, take(fill[:1] * length)),
        other=[
            partial(until, [t],
                    take([*range(t + 1), *fill[t + 1:]]))
            for t in cuts],
        message=[
            f"outputs up to {t} change with later positions: "
            "a mask left out or inverted, a convolution padded on both "
            "sides, heads split by view, or statistics over time"
            for t in cuts])
# --8<-- [end:causal]
