"""An optimizer that is made before the weights are there."""

from typing import Any

import torch
from torch import nn


# --8<-- [start:optimizer_before_weights]
def optimizer_before_weights(
    saved: dict[str, Any],
) -> tuple[nn.Linear, torch.optim.SGD]:
    """Fill a model from a checkpoint after its optimizer is
    made."""
    with torch.device("meta"):
        model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model.load_state_dict(saved, assign=True)
    model.requires_grad_()
    return model, optimizer
# --8<-- [end:optimizer_before_weights]
