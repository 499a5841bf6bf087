"""Summaries that leave a part of their input out."""

import torch
from torch import nn


# --8<-- [start:average_frames]
def average_frames(sound: torch.Tensor) -> torch.Tensor:
    """Return the mean (B,) of frames of 4, for `sound`
    (B, T)."""
    return sound.unfold(1, 4, 3).mean(dim=(1, 2))
# --8<-- [end:average_frames]


# --8<-- [start:first_of_causal]
class FirstOfCausal(nn.Module):
    """Attend to earlier tokens, and give the first one's
    output."""

    def __init__(self, features: int) -> None:
        """Make a layer with two heads."""
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(
            features, 2, 2 * features, dropout=0.0,
            batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, D) for `x` (B, L, D)."""
        mask = torch.ones(x.shape[1],
                          x.shape[1]).triu(1).bool()
        hidden: torch.Tensor = self.layer(
            x, src_mask=mask.to(x.device))
        return hidden[:, 0]
# --8<-- [end:first_of_causal]


# --8<-- [start:last_of_both_ways]
class LastOfBothWays(nn.Module):
    """Read in both directions, and give what stands at the
    end."""

    def __init__(self, features: int) -> None:
        """Make a GRU with half of the features in each
        direction."""
        super().__init__()
        self.gru = nn.GRU(features, features // 2,
                          batch_first=True, bidirectional=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, D) for `x` (B, L, D)."""
        hidden: torch.Tensor = self.gru(x)[0]
        return hidden[:, -1]
# --8<-- [end:last_of_both_ways]
