"""Models that see later positions."""

import math

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:attend_with_mask_added]
def attend_with_mask_added(x: torch.Tensor) -> torch.Tensor:
    """Attend in `x` (B, L, D), ones and zeros added as a
    mask."""
    L, D = x.shape[-2:]
    mask = torch.tril(x.new_ones(L, L))
    scores = x @ x.mT / math.sqrt(D) + mask
    return scores.softmax(dim=-1) @ x
# --8<-- [end:attend_with_mask_added]


# --8<-- [start:padded_on_both_sides]
class PaddedOnBothSides(nn.Module):
    """Convolve (B, L, D) along L, half of the kernel in the
    future."""

    def __init__(self, features: int) -> None:
        """Make the convolution, padded on the left and the
        right."""
        super().__init__()
        self.conv = nn.Conv1d(features, features, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, L, D) for `x` (B, L, D)."""
        return F.relu(self.conv(x.mT)).mT
# --8<-- [end:padded_on_both_sides]
