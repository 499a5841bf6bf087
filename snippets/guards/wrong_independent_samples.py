"""Models whose samples change with the rest of their batch."""

import torch
from torch import nn


# --8<-- [start:encoder_across_the_batch]
class EncoderAcrossTheBatch(nn.Module):
    """Encode (B, L, D) with a layer that reads it as
    (L, B, D)."""

    def __init__(self, features: int, num_heads: int) -> None:
        """Make the layer without `batch_first=True`."""
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(
            features, num_heads)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, L, D) for `x` (B, L, D)."""
        out: torch.Tensor = self.layer(x)
        return out
# --8<-- [end:encoder_across_the_batch]


# --8<-- [start:divide_by_batch_power]
def divide_by_batch_power(x: torch.Tensor) -> torch.Tensor:
    """Divide `x` (B, ...) by the mean square of the whole
    batch."""
    return x / x.square().mean()
# --8<-- [end:divide_by_batch_power]


# --8<-- [start:score_images]
def score_images(features: torch.Tensor) -> torch.Tensor:
    """Sum (B, C, H, W) to (B, C), or to (C,) in a batch of
    one."""
    return features.sum(dim=(2, 3), keepdim=True).squeeze()
# --8<-- [end:score_images]
