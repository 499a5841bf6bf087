"""A Python number that changes from call to call."""

import torch
from torch import nn


# --8<-- [start:warmup_by_python_number]
class WarmupByPythonNumber(nn.Module):
    """Scale by the number of the call, which each graph holds
    fixed."""

    def __init__(self, steps: int) -> None:
        """Begin at 0."""
        super().__init__()
        self.steps = steps
        self.step = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x, of any shape, times
        min(1, step / steps)."""
        self.step += 1
        return x * min(1, self.step / self.steps)
# --8<-- [end:warmup_by_python_number]
