"""Clipping of gradients that are still scaled."""

import torch
from torch import nn


# --8<-- [start:clip_then_step]
def clip_then_step(
    scaler: torch.amp.GradScaler,
    optimizer: torch.optim.Optimizer,
    parameters: list[nn.Parameter],
    max_norm: float,
) -> torch.Tensor:
    """Clip the scaled gradient, so that the step is too
    small."""
    norm = nn.utils.clip_grad_norm_(parameters, max_norm)
    scaler.step(optimizer)
    scaler.update()
    return norm
# --8<-- [end:clip_then_step]
