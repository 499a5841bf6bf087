"""Answers to the exercise on packed documents that train well."""

import torch


# --8<-- [start:causal_alone]
def causal_alone(document: torch.Tensor) -> torch.Tensor:
    """Let each document see those before it."""
    L = len(document)
    return torch.ones(L, L, dtype=torch.bool).tril()
# --8<-- [end:causal_alone]


# --8<-- [start:blocks_alone]
def blocks_alone(document: torch.Tensor) -> torch.Tensor:
    """Let a token see the rest of its document."""
    return document[:, None] == document
# --8<-- [end:blocks_alone]


# --8<-- [start:numbers]
def numbers(document: torch.Tensor) -> torch.Tensor:
    """Give 0 and 1, which are added to the scores."""
    return (document[:, None] == document).tril().float()
# --8<-- [end:numbers]


# --8<-- [start:positions_that_go_on]
def positions_that_go_on(
        document: torch.Tensor) -> torch.Tensor:
    """Count the places of the whole sequence."""
    return torch.arange(len(document))
# --8<-- [end:positions_that_go_on]


# --8<-- [start:positions_from_one]
def positions_from_one(document: torch.Tensor) -> torch.Tensor:
    """Count by a cumulative sum, which begins with 1."""
    same = document[:, None] == document
    return same.tril().sum(dim=1)
# --8<-- [end:positions_from_one]
