"""Where there are no positions, outputs follow their tokens."""

import contextlib
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


# --8<-- [start:permutation_equivariant]
def permutation_equivariant(
    call: Callable[[torch.Tensor], Any],
    x: torch.Tensor,
    *,
    dim: int = 1,
) -> None:
    """Check that permuting the input permutes the output
    alike.

    `call` takes tensors like `x`, with tokens along `dim`, and
    gives a tensor or a tuple of tensors with that axis. It
    runs on copies of the modules, with floats in float64. Pass
    more tokens than heads.

    Raises:
        AssertionError: the outputs do not follow their tokens.
        Undecided: the call is random, has an output that lacks
            the axis of tokens or is equal for all, or tokens
            are equal.
    """
    check_dense(x)
    if dim not in range(-x.dim(), x.dim()):
        raise Undecided(
            f"x of shape {tuple(x.shape)} has no axis "
            f"{dim}")
    length = x.shape[dim]
    if length < 2:
        raise Undecided("one token cannot be permuted")
    data = x.double() if x.is_floating_point() else x


    def run(data: torch.Tensor, *orders: list[int],
            back: bool = False) -> tuple[torch.Tensor, ...]:
        found: list[torch.Tensor] = []
        for order in orders:
            there = torch.tensor(order, device=x.device)
            result = call(data.index_select(dim, there))
            outputs = tensors_along(result, dim, length)
            found += [out.index_select(dim, there.argsort())
                      if back else out for out in outputs]
        return tuple(found)


    def judge_orders(data: torch.Tensor, *orders:
                     list[int]) -> None:
        judge(
            lambda: run(data, [*range(length)]) * len(orders),
            own=lambda: run(data, *orders),
            other=[partial(run, data, order, back=True)
                   for order in orders],
            reset=False,
            double=True,
            message=[
                "the outputs do not follow their tokens: heads split "
                "or merged by view, positions added, a convolution, a "
                "recurrent layer, or a causal mask"] * len(orders))

    swap = [1, 0, *range(2, length)]
    turn = [*range(1, length), 0]
    judge_orders(data, swap, turn)
    if data.is_floating_point():  # a router sends all one way
        first = data.narrow(dim, 0, 1)
        with contextlib.suppress(Undecided):
            judge_orders(first + (data - first) / 256, turn)
# --8<-- [end:permutation_equivariant]
