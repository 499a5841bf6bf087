"""A part of a model that stays frozen."""

from typing import Any

from torch import nn


# --8<-- [start:frozen]
class Frozen(nn.Module):
    """Hold a module in eval mode, with no parameter to train.

    Gradients flow through it to its input. Names in the state dict
    begin with "module.". It holds until a call reaches inside it:
    requires_grad_(True) thaws the weights, and a train() on each of
    model.modules() the statistics.

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

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the module makes of its arguments."""
        return self.module(*args, **kwargs)
# --8<-- [end:frozen]
