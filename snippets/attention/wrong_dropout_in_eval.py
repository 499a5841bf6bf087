"""Attention that drops weights in evaluation too."""

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:self_attention_always_dropping]
class SelfAttentionAlwaysDropping(nn.Module):
    """Pass the dropout of training whatever the mode is."""

    def __init__(self, p: float) -> None:
        """Take `p`, the share of weights that is dropped."""
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Take `x` (B, L, D) and return (B, L, D)."""
        return F.scaled_dot_product_attention(
            x, x, x, dropout_p=self.p)
# --8<-- [end:self_attention_always_dropping]
