"""A module whose output depends on the batch, in eval mode too."""

import torch
from torch import nn


# --8<-- [start:centre_by_global_mean]
class CentreByGlobalMean(nn.Module):
    """Subtract from each sample the mean of the whole
    batch."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x (B, D) less one number for all samples."""
        return x - x.mean()
# --8<-- [end:centre_by_global_mean]
