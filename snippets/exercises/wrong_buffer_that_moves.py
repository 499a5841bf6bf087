"""Answers to the exercise on buffers that work until they move."""

import torch
from torch import nn


# --8<-- [start:plain_attributes]
class PlainAttributes(nn.Module):
    """Tensors that the module does not know."""


    def __init__(self, mean: torch.Tensor,
                 std: torch.Tensor) -> None:
        """Hold both as plain attributes."""
        super().__init__()
        self.mean, self.std = mean.clone(), std.clone()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (..., D) for `x` (..., D)."""
        return (x - self.mean) / self.std
# --8<-- [end:plain_attributes]


# --8<-- [start:moved_in_forward]
class MovedInForward(nn.Module):
    """Move by hand in each call, and be in no state dict."""


    def __init__(self, mean: torch.Tensor,
                 std: torch.Tensor) -> None:
        """Hold both as plain attributes."""
        super().__init__()
        self.mean, self.std = mean.clone(), std.clone()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (..., D) for `x` (..., D)."""
        return (x - self.mean.to(x)) / self.std.to(x)
# --8<-- [end:moved_in_forward]


# --8<-- [start:trained]
class Trained(nn.Module):
    """Parameters, which the optimizer changes."""


    def __init__(self, mean: torch.Tensor,
                 std: torch.Tensor) -> None:
        """Hold both as parameters."""
        super().__init__()
        self.mean = nn.Parameter(mean.clone())
        self.std = nn.Parameter(std.clone())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (..., D) for `x` (..., D)."""
        return (x - self.mean) / self.std
# --8<-- [end:trained]


# --8<-- [start:half_registered]
class HalfRegistered(nn.Module):
    """Register the mean, and let a reciprocal lie beside
    it."""

    mean: torch.Tensor
    scale: torch.Tensor


    def __init__(self, mean: torch.Tensor,
                 std: torch.Tensor) -> None:
        """Hold the mean, and 1 / std in a buffer that is not
        saved."""
        super().__init__()
        self.register_buffer("mean", mean.clone())
        self.register_buffer("scale", 1 / std,
                             persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (..., D) for `x` (..., D)."""
        return (x - self.mean) * self.scale
# --8<-- [end:half_registered]
