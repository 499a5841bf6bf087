"""A freeze that leaves the statistics moving, a norm without ε."""

import torch
from torch import nn


# --8<-- [start:freeze_weights_only]
def freeze_weights_only(model: nn.Module) -> nn.Module:
    """Stop the gradients of model, and not its running
    statistics."""
    return model.requires_grad_(False)
# --8<-- [end:freeze_weights_only]


# --8<-- [start:normalize_without_eps]
def normalize_without_eps(x: torch.Tensor) -> torch.Tensor:
    """Normalize x (B, C) over B; a channel of threes becomes
    nan."""
    return (x - x.mean(0)) / x.std(0, correction=0)
# --8<-- [end:normalize_without_eps]
