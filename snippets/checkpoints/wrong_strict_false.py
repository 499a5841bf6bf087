"""Loading that leaves out what it cannot name."""

import torch
from torch import nn


# --8<-- [start:load_what_fits]
def load_what_fits(
    model: nn.Module, state: dict[str, torch.Tensor]
) -> nn.Module:
    """Load for fine-tuning, and throw the list of missing keys
    away."""
    model.load_state_dict(state, strict=False)
    return model.eval()
# --8<-- [end:load_what_fits]
