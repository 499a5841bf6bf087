"""Classifier-free guidance of a model that takes a condition."""

# --8<-- [start:guided]
from collections.abc import Callable

import torch
from torch import Tensor


def guided(
    model: Callable[[Tensor, Tensor], Tensor],
    x: Tensor, condition: Tensor, empty: Tensor, scale: float,
) -> Tensor:
    """u + scale (c - u): 1 is the condition alone, 0 is
    without it.

    `x` is (B, ...), `condition` and `empty` are (B, ...) of
    one shape, and `model(x, condition)` is called once, on 2 B
    samples.

    Raises:
        ValueError: the sizes of the batches or conditions
            differ.
    Source: Ho and Salimans, 2022, with w = scale - 1.
    """
    if condition.shape != empty.shape or len(condition) != len(x):
        raise ValueError(
            f"wanted conditions of one shape for {len(x)} samples, not "
            f"{tuple(condition.shape)} and {tuple(empty.shape)}")
    both = model(torch.cat([x, x]),
                 torch.cat([empty, condition]))
    without, conditioned = both.chunk(2)
    return without + scale * (conditioned - without)
# --8<-- [end:guided]
