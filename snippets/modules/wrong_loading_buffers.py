"""Buffers that share a tensor, or have no tensor to load into."""

import torch
from torch import nn


# --8<-- [start:standardize_later]
class StandardizeLater(nn.Module):
    """Hold the caller's scale, and no place for the mean."""

    def __init__(self, scale: torch.Tensor) -> None:
        """Register scale (D,) as it is, and None."""
        super().__init__()
        self.register_buffer("scale", scale)
        self.register_buffer("mean", None)
# --8<-- [end:standardize_later]
