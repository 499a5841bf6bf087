"""Where there are no positions, outputs follow their tokens."""

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


# --8<-- [start:permutation_equivariant]
def permutation_equivariant(
    call: Callable[[torch.Tensor], Any],
    x: torch.Tensor,
    *,
    dim: int = 1,
) -> None:
    """Check that permuting the input permutes the output alike.

    `call` takes tensors like `x`, with tokens along `dim`, and gives
    a tensor or a tuple of tensors with that axis. It runs on copies of
    the modules, with floats in float64. Pass more tokens than heads.

    Raises:
        AssertionError: the outputs do not follow their tokens.
        Undecided: the call is random, has an output that lacks the
            axis of tokens or is equal for all, or tokens are equal.
    """
    length = x.shape[dim]
    if length < 2:
        raise Undecided("one token cannot be permuted")
    data = x.double() if x.is_floating_point() else x

    def run(order: list[int], back: list[int]) -> Any:
        there = torch.tensor(order, device=x.device)
        again = torch.tensor(back, device=x.device)
        result = call(data.index_select(dim, there))
        outputs = tensors_along(result, dim, length)
        return tuple(out.index_select(dim, again) for out in outputs)

    def judge_order(moved: list[int]) -> None:
        inverse = sorted(order, key=moved.__getitem__)
        judge(
            partial(run, order, order),
            own=partial(run, moved, order),
            other=partial(run, moved, inverse),
            reset=False,
            double=True,
            message="the outputs do not follow their tokens: heads "
            "split or merged by view, positions added, a convolution, "
            "a recurrent layer, or a causal mask")

    order = list(range(length))
    swap, turn = [1, 0, *order[2:]], [*order[1:], 0]
    judge_all(partial(judge_order, moved) for moved in (swap, turn))
# --8<-- [end:permutation_equivariant]
