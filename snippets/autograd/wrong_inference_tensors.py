"""A lazy cache that a first call under inference_mode spoils."""

import torch
from torch import nn


# --8<-- [start:lazy_scale]
class LazyScale(nn.Module):
    """Multiply by a table that may become an inference
    tensor."""

    def __init__(self) -> None:
        """Hold no table yet."""
        super().__init__()
        self.scale: torch.Tensor | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x (..., D) times the table (D,)."""
        if self.scale is None:
            self.scale = torch.ones(x.shape[-1],
                                    device=x.device)
        return x * self.scale
# --8<-- [end:lazy_scale]
