"""Answers to the exercise on log-sum-exp that fail on some rows."""

import torch


# --8<-- [start:as_it_is_named]
def as_it_is_named(x: torch.Tensor, dim: int) -> torch.Tensor:
    """Exponentiate first, so that exp over- or underflows."""
    return x.exp().sum(dim).log()
# --8<-- [end:as_it_is_named]


# --8<-- [start:one_maximum]
def one_maximum(x: torch.Tensor, dim: int) -> torch.Tensor:
    """Subtract the largest number of the tensor from each
    row."""
    largest = x.max()
    return (x - largest).exp().sum(dim).log() + largest
# --8<-- [end:one_maximum]


# --8<-- [start:not_added_back]
def not_added_back(x: torch.Tensor, dim: int) -> torch.Tensor:
    """Return the log-sum-exp of shifted rows."""
    largest = x.amax(dim, keepdim=True)
    return (x - largest).exp().sum(dim).log()
# --8<-- [end:not_added_back]


# --8<-- [start:nan_for_a_hidden_row]
def nan_for_a_hidden_row(
        x: torch.Tensor, dim: int) -> torch.Tensor:
    """Subtract -inf from -inf where a row has nothing else."""
    largest = x.amax(dim, keepdim=True)
    sums = (x - largest).exp().sum(dim, keepdim=True)
    return (sums.log() + largest).squeeze(dim)
# --8<-- [end:nan_for_a_hidden_row]
