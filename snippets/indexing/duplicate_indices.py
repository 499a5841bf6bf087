"""Combining rows that share an index, and a check that none do."""

import torch


# --8<-- [start:mean_by_group]
def mean_by_group(values: torch.Tensor, group: torch.Tensor,
                  groups: int) -> torch.Tensor:
    """Average the rows of `values` (N, D) that have one `group` (N,).

    The result is (groups, D), with 0 for groups without a row.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_add_.html

    >>> rows = torch.tensor([[1.0], [5.0], [7.0]])
    >>> mean_by_group(rows, torch.tensor([1, 1, 0]), 2)
    tensor([[7.],
            [3.]])
    """
    sums = values.new_zeros(groups, values.shape[1])
    sums = sums.index_add(0, group, values)
    counts = torch.bincount(group, minlength=groups)
    return sums / counts.clamp(min=1)[:, None]
# --8<-- [end:mean_by_group]


# --8<-- [start:assert_unique]
def assert_unique(index: torch.Tensor) -> None:
    """Look for an element that occurs twice in `index`, of any shape.

    Raises: AssertionError that names the most frequent one.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.unique.html
    """
    found, counts = index.unique(return_counts=True)
    if (counts > 1).any():
        most = counts.argmax()
        raise AssertionError(
            f"index {found[most].item()} occurs {counts[most].item()}"
            " times: which value stays is undefined")
# --8<-- [end:assert_unique]
