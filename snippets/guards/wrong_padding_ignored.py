"""Models that read what stands in padded places, or count them."""

import math

import torch
from torch import nn


# --8<-- [start:attend_with_queries_masked]
def attend_with_queries_masked(
    x: torch.Tensor, keep: torch.Tensor
) -> torch.Tensor:
    """Attend in `x` (B, L, D), with padded queries hidden, not
    keys."""
    scores = x @ x.mT / math.sqrt(x.shape[-1])
    scores = scores.masked_fill(~keep.unsqueeze(2), -10000)
    return scores.softmax(dim=-1) @ x
# --8<-- [end:attend_with_queries_masked]


# --8<-- [start:average_over_length]
def average_over_length(
    x: torch.Tensor, keep: torch.Tensor
) -> torch.Tensor:
    """Average `x` (B, L, D) to (B, D), padded places as
    zeros."""
    return (x * keep.unsqueeze(-1)).mean(dim=1)
# --8<-- [end:average_over_length]


# --8<-- [start:read_backwards]
class ReadBackwards(nn.Module):
    """Read (B, L, D) both ways, one of them beginning in
    padding."""

    def __init__(self, features: int) -> None:
        """Make the recurrent layer."""
        super().__init__()
        self.gru = nn.GRU(features, features, batch_first=True,
                          bidirectional=True)

    def forward(
        self, x: torch.Tensor, keep: torch.Tensor
    ) -> torch.Tensor:
        """Return (B, L, 2D), with zeros where `keep` is
        False."""
        out: torch.Tensor = self.gru(x)[0]
        return out * keep.unsqueeze(-1)
# --8<-- [end:read_backwards]
