"""Attention whose dropout follows train() and eval()."""

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:self_attention]
class SelfAttention(nn.Module):
    """Causal attention with dropout on the weights, in
    training only.

    For a dtype in which the scores of attention are finite.

    Raises: RuntimeError where `x` has another dtype than the
        weights, without autocast and not on meta.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
    """


    def __init__(self, D: int, num_heads: int,
                 p: float) -> None:
        """Take `D` features, and `p`, the share of weights
        dropped.

        Raises: ValueError where `num_heads` does not divide
        `D`.
        """
        super().__init__()
        if num_heads < 1 or D % num_heads:
            raise ValueError(
                f"{num_heads} heads of {D} features")
        self.num_heads, self.p = num_heads, p
        self.in_proj = nn.Linear(D, 3 * D)
        self.out_proj = nn.Linear(D, D)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Take `x` (B, L, D) and return (B, L, D)."""
        B, L, D = x.shape
        h = self.num_heads
        heads = self.in_proj(x).view(B, L, 3, h, D // h)
        q, k, v = heads.permute(2, 0, 3, 1, 4).unbind()
        out = F.scaled_dot_product_attention(
            q, k, v, is_causal=True,
            dropout_p=self.p if self.training else 0.0)
        merged = out.transpose(1, 2).reshape(B, L, D)
        projected: torch.Tensor = self.out_proj(merged)
        return projected
# --8<-- [end:self_attention]
