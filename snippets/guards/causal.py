"""An output must not change with later positions."""

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


# --8<-- [start:causal]
def causal(
    call: Callable[[torch.Tensor], Any],
    x: torch.Tensor,
    *,
    time_dim: int = 1,
) -> None:
    """Check that outputs up to t ignore the positions after t.

    `call` takes tensors like `x`, with time along `time_dim`, and
    gives a tensor or a tuple of tensors with that axis. Every t but
    the last is tried, with four calls each: pass a short `x`.

    Raises:
        AssertionError: an output changes with a later position.
        Undecided: an output has no axis of time or does not change
            with its past, or the positions of `x` are equal.
    """
    if x.is_meta:
        raise Undecided("data on meta holds no numbers")
    length = x.shape[time_dim]
    if length < 2:
        raise Undecided("one position has no later positions")

    def take(places: list[int]) -> torch.Tensor:
        index = torch.tensor(places, device=x.device)
        return x.index_select(time_dim, index)

    def until(t: int, places: list[int]) -> tuple[torch.Tensor, ...]:
        outputs = tensors_along(call(take(places)), time_dim, length)
        return tuple(out.narrow(time_dim, 0, t + 1) for out in outputs)

    def judge_until(t: int) -> None:
        past, future = order[:t + 1], order[t + 1:]
        other = past + [0] * len(future)
        if torch.equal(take(other), x):
            raise Undecided("the later positions equal the first")
        judge(
            partial(until, t, order),
            own=partial(until, t, [length - 1] * len(past) + future),
            other=partial(until, t, other),
            message=f"outputs up to {t} change with later positions: "
            "a mask left out or inverted, a convolution padded on both "
            "sides, heads split by view, or statistics over time")

    order = list(range(length))
    judge_all(partial(judge_until, t) for t in range(length - 1))
# --8<-- [end:causal]
