"""He's init for layers before a ReLU, and a test of signals."""

import torch
from torch import nn


# --8<-- [start:init_for_relu]
def init_for_relu(module: nn.Module) -> None:
    """Draw a layer's weight as He does, and zero its bias.

    For `model.apply`; other modules are left as they are.

    Source: https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_normal_

    >>> layer = nn.Linear(2, 3)
    >>> init_for_relu(layer)
    >>> layer.bias.tolist()
    [0.0, 0.0, 0.0]
    """
    if isinstance(module, (nn.Linear, nn.Conv1d, nn.Conv2d)):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
# --8<-- [end:init_for_relu]


# --8<-- [start:assert_signal_kept]
@torch.no_grad()
def assert_signal_kept(model: nn.Module, x: torch.Tensor) -> None:
    """Check that model gives x (B, ...) an output of like size.

    Raises: AssertionError where it is ten times off or more.

    Source: https://docs.pytorch.org/docs/stable/nn.init.html

    >>> assert_signal_kept(nn.ReLU(), torch.ones(2, 3))
    """
    def size(signal: torch.Tensor) -> float:
        return signal.square().mean().sqrt().item()

    ratio = size(model(x)) / size(x)
    assert ratio > 0.1, f"the signal fades to {ratio:.0e} of its size"
    assert ratio < 10, f"the signal grows to {ratio:.0e} of its size"
# --8<-- [end:assert_signal_kept]
