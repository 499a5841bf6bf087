"""Modules that copy a channels-last tensor to the order of axes."""

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:contiguous_before_the_shortcut]
class ContiguousBeforeTheShortcut(nn.Module):
    """A residual block of images (N, C, H, W)."""

    def __init__(self, channels: int) -> None:
        """Make the branch and the shortcut."""
        super().__init__()
        self.branch = nn.Conv2d(channels, channels, 3,
                                padding=1)
        self.shortcut = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, C, H, W)."""
        branch: torch.Tensor = self.branch(F.silu(x))
        branch += self.shortcut(x.contiguous())
        return branch
# --8<-- [end:contiguous_before_the_shortcut]


# --8<-- [start:normalize_as_one_sample]
def normalize_as_one_sample(x: torch.Tensor) -> torch.Tensor:
    """Normalize each channel of each image of `x`
    (N, C, H, W)."""
    N, C, H, W = x.shape
    one = x.reshape(1, N * C, H, W)
    return F.batch_norm(one, None, None,
                        training=True).view(x.shape)
# --8<-- [end:normalize_as_one_sample]


# --8<-- [start:shuffle_by_reshape]
class ShuffleByReshape(nn.Module):
    """Shuffle the channels of (N, C, H, W) in two groups,
    convolve."""

    def __init__(self, channels: int) -> None:
        """Make the convolution."""
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, C, H, W)."""
        parts = x.unflatten(1, (2, -1)).transpose(1, 2)
        output: torch.Tensor = self.conv(
            parts.reshape(x.shape))
        return output
# --8<-- [end:shuffle_by_reshape]
