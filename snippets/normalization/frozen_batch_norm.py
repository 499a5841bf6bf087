"""A part of a model that stays frozen."""

from typing import Any

from torch import nn


# --8<-- [start:frozen]
class Frozen(nn.Module):
    """Hold a module in eval mode, with no parameter to train.

    Gradients flow through it to its input, but for an RNN,
    LSTM or GRU on a GPU, where cuDNN raises in eval mode.
    Names in the state dict begin with "module.". It holds
    until a call reaches inside it: requires_grad_(True) thaws
    the weights, and a train() on each of model.modules() the
    statistics.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.train

    >>> Frozen(nn.BatchNorm1d(2)).train().module.training
    False
    """

    def __init__(self, module: nn.Module) -> None:
        """Take over module: its weights, gradients and mode
        change.

        Raises: ValueError where a batch norm has no running
            statistics or a lazy layer has no weights yet;
            before any change.
        """
        super().__init__()
        batch_norm = nn.modules.batchnorm._BatchNorm
        if any(isinstance(m, batch_norm) and m.running_mean is None
               for m in module.modules()):
            raise ValueError(
                "a batch norm without running statistics uses those of "
                "the batch in eval mode too")
        if any(map(nn.parameter.is_lazy, module.parameters())):
            raise ValueError(
                "call the lazy layers once before")
        for weight in module.parameters():
            # an optimizer would still apply it
            weight.grad = None
        self.module = module.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> "Frozen":
        """Stay in eval mode, whatever the mode asked for."""
        return super().train(False)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the module makes of its arguments."""
        return self.module(*args, **kwargs)
# --8<-- [end:frozen]
