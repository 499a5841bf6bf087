"""Answers to the exercise on a mean that are right without padding."""

import torch


# --8<-- [start:divided_by_length]
def divided_by_length(
        x: torch.Tensor, keep: torch.Tensor) -> torch.Tensor:
    """Set the padding to 0, and count it."""
    return (x * keep[..., None]).mean(dim=1)
# --8<-- [end:divided_by_length]


# --8<-- [start:by_boolean_index]
def by_boolean_index(
        x: torch.Tensor, keep: torch.Tensor) -> torch.Tensor:
    """Lose the samples: x[keep] has one axis for all
    tokens."""
    return x[keep].mean(dim=0).expand(len(x), -1)
# --8<-- [end:by_boolean_index]


# --8<-- [start:multiplied]
def multiplied(x: torch.Tensor,
               keep: torch.Tensor) -> torch.Tensor:
    """Multiply by 0, which keeps nan."""
    count = keep.sum(dim=1, keepdim=True).clamp(min=1)
    return (x * keep[..., None]).sum(dim=1) / count
# --8<-- [end:multiplied]


# --8<-- [start:empty_is_nan]
def empty_is_nan(x: torch.Tensor,
                 keep: torch.Tensor) -> torch.Tensor:
    """Divide 0 by 0 where a sample has no tokens."""
    total = x.masked_fill(~keep[..., None], 0).sum(dim=1)
    return total / keep.sum(dim=1, keepdim=True)
# --8<-- [end:empty_is_nan]
