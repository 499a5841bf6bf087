"""A frozen layer that also cuts off the layers before it."""

import torch
from torch import nn


# --8<-- [start:through_frozen_without_grad]
def through_frozen_without_grad(
        frozen: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Return `frozen(x)`, through which no gradient passes."""
    with torch.no_grad():
        output: torch.Tensor = frozen(x)
    return output
# --8<-- [end:through_frozen_without_grad]
