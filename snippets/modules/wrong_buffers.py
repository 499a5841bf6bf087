"""A causal mask that its module does not know of."""

import torch
from torch import nn


# --8<-- [start:mask_as_attribute]
class MaskAsAttribute(nn.Module):
    """Hide later tokens, with a mask that stays where it was
    made."""

    def __init__(self, length: int) -> None:
        """Hold a mask (length, length), True where hidden."""
        super().__init__()
        ones = torch.ones(length, length, dtype=torch.bool)
        self.hidden = ones.triu(1)

    def forward(self, scores: torch.Tensor) -> torch.Tensor:
        """Return scores (..., L, L) with -inf at later
        keys."""
        return scores.masked_fill(self.hidden, float("-inf"))
# --8<-- [end:mask_as_attribute]
