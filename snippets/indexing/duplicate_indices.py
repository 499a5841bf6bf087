"""Combining rows that share an index, and a check that none do."""

import torch

from snippets.guards.judge import Undecided


# --8<-- [start:mean_by_group]
def mean_by_group(values: torch.Tensor, group: torch.Tensor,
                  groups: int) -> torch.Tensor:
    """Average the rows of `values` (N, D) that have one
    `group` (N,).

    The result is (groups, D), with 0 for groups without a row.
    Half precision is summed in float32.

    Raises:
        TypeError: `values` are integers or booleans.
        RuntimeError: `values` are float8, `group` is not int64
            or int32, or a group is not one of 0 to groups - 1
            (IndexError where D is 0; on meta torch does not
            look, on a GPU it ends the process).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_add_.html

    >>> rows = torch.tensor([[1.0], [5.0], [7.0]])
    >>> mean_by_group(rows, torch.tensor([1, 1, 0]), 2)
    tensor([[7.],
            [3.]])
    """
    if not (values.is_floating_point() or values.is_complex()):
        raise TypeError(
            "a mean needs floats: pass values.float()")
    wide = values.to(
        torch.promote_types(values.dtype, torch.float32))
    sums = wide.new_zeros(groups, values.shape[1])
    sums = sums.index_add(0, group, wide)
    ones = torch.ones_like(group)
    counts = ones.new_zeros(groups).index_add(0, group, ones)
    return (sums / counts.clamp(min=1)[:, None]).to(
        values.dtype)
# --8<-- [end:mean_by_group]


# --8<-- [start:assert_unique]
def assert_unique(index: torch.Tensor) -> None:
    """Look for an element that occurs twice in `index`, of any
    shape.

    A mask of booleans passes, because it marks a place once.

    Raises:
        AssertionError: names the most frequent one.
        Undecided: `index` is on meta and holds no numbers, or
            some of its elements count from the end and some
            from the start.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.unique.html
    """
    if index.is_meta:
        raise Undecided("an index on meta holds no numbers")
    if index.dtype == torch.bool:
        return
    found, counts = index.unique(return_counts=True)
    if (counts > 1).any():
        most = counts.argmax()
        raise AssertionError(
            f"index {found[most].item()} occurs {counts[most].item()}"
            " times: which value stays is undefined")
    if (found < 0).any() and (found >= 0).any():
        raise Undecided(
            "-1 may be the last place: give index % size")
# --8<-- [end:assert_unique]
