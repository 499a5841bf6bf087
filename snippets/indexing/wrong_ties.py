"""A rank that is the best one where all scores are equal."""

import torch


# --8<-- [start:rank_by_greater]
def rank_by_greater(scores: torch.Tensor,
                    target: torch.Tensor) -> torch.Tensor:
    """Rank the right class of `scores` (N, C) before its
    equals."""
    right = scores.gather(1, target[:, None])
    return (scores > right).sum(dim=1)
# --8<-- [end:rank_by_greater]
