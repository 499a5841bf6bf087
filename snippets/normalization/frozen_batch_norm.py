"""A part of a model that stays frozen."""

import torch
from torch import nn


# --8<-- [start:frozen]
class Frozen(nn.Module):
    """Hold a module in eval mode, with no parameter to train.

    Gradients flow through it to its input.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.train

    >>> Frozen(nn.BatchNorm1d(2)).train().module.training
    False
    """

    def __init__(self, module: nn.Module) -> None:
        """Take over module, whose weights and mode are changed."""
        super().__init__()
        self.module = module.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> "Frozen":
        """Stay in eval mode, whatever the mode asked for."""
        return super().train(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return what the module makes of x."""
        out: torch.Tensor = self.module(x)
        return out
# --8<-- [end:frozen]
