"""Writes that reach their tensor, and a check that they do."""

import copy
from collections.abc import Callable

import torch

from snippets.guards.judge import Undecided


# --8<-- [start:fill_block]
def fill_block(x: torch.Tensor, rows: torch.Tensor,
               columns: torch.Tensor,
               value: float) -> torch.Tensor:
    """Fill `x` (H, W) in place where `rows` (R,) meet
    `columns` (S,).

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
def assert_writes(
        write: Callable[[torch.Tensor], object],
        x: torch.Tensor, where: torch.Tensor) -> None:
    """Call `write` on a copy of `x`; it changes `where`, and
    only that.

    `where` is a mask of the shape of `x`; the new values must
    differ. A nan that stays nan counts as unchanged. The copy
    has the strides of `x`, so a write to an expanded `x`
    changes more than `where`.

    Raises:
        AssertionError: elements were not changed, or others
            were.
        Undecided: `where` holds no True, or `x` is on meta.
    """
    if x.is_meta or not where.any():
        raise Undecided("no element is to change")
    twin = copy.deepcopy(x.detach())
    write(twin)
    kept = (twin == x) | (twin != twin) & (x != x)  # nan
    changed = ~kept
    lost = (where & ~changed).sum().item()
    stray = (changed & ~where).sum().item()
    if lost:
        raise AssertionError(
            f"{lost} elements were to change"
            " and did not: a write to a copy?")
    if stray:
        raise AssertionError(f"{stray} other elements changed")
# --8<-- [end:assert_writes]
