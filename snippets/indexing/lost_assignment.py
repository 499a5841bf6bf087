"""Writes that reach their tensor, and a check that they do."""

from collections.abc import Callable

import torch


# --8<-- [start:fill_block]
def fill_block(x: torch.Tensor, rows: torch.Tensor,
               columns: torch.Tensor, value: float) -> torch.Tensor:
    """Fill `x` (H, W) in place where `rows` (R,) meet `columns` (S,).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_put_.html

    >>> index = torch.tensor([1])
    >>> fill_block(torch.zeros(2, 2), index, index, 7)
    tensor([[0., 0.],
            [0., 7.]])
    """
    x[rows[:, None], columns] = value
    return x
# --8<-- [end:fill_block]


# --8<-- [start:assert_writes]
def assert_writes(write: Callable[[torch.Tensor], object],
                  x: torch.Tensor, where: torch.Tensor) -> None:
    """Call `write(x)`; it changes `x` at `where`, and only there.

    `where` is a mask of the shape of `x`; the new values must differ.
    A nan that stays nan counts as unchanged.

    Raises: AssertionError otherwise.
    """
    before = x.clone()
    write(x)
    kept = (x == before) | (x != x) & (before != before)  # nan
    changed = ~kept
    lost = (where & ~changed).sum().item()
    stray = (changed & ~where).sum().item()
    if lost:
        raise AssertionError(f"{lost} elements were to change"
                             " and did not: a write to a copy?")
    if stray:
        raise AssertionError(f"{stray} other elements changed")
# --8<-- [end:assert_writes]
