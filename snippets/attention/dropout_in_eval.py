"""Attention whose dropout follows train() and eval()."""

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:self_attention]
class SelfAttention(nn.Module):
    """Causal attention with dropout on the weights, in training only.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
    """

    def __init__(self, D: int, num_heads: int, p: float) -> None:
        """Take `D` features, and `p`, the share of weights dropped."""
        super().__init__()
        self.num_heads, self.p = num_heads, p
        self.in_proj = nn.Linear(D, 3 * D)
        self.out_proj = nn.Linear(D, D)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Take `x` (B, L, D) and return (B, L, D)."""
        B, L, D = x.shape
        heads = self.in_proj(x).view(B, L, 3, self.num_heads, -1)
        q, k, v = heads.permute(2, 0, 3, 1, 4).unbind()
        out = F.scaled_dot_product_attention(
            q, k, v, is_causal=True,
            dropout_p=self.p if self.training else 0.0)
        merged = out.transpose(1, 2).reshape(B, L, D)
        projected: torch.Tensor = self.out_proj(merged)
        return projected
# --8<-- [end:self_attention]


# --8<-- [start:assert_eval_repeats]
def assert_eval_repeats(model: nn.Module, x: torch.Tensor) -> None:
    """Fail where `model` in eval mode gives x two different outputs.

    `model` is left in the mode in which it was.

    Raises: AssertionError with the largest difference.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        first, other = model(x), model(x)
    for module, training in modes:
        module.training = training
    difference = (first - other).abs().max().item()
    assert torch.allclose(first, other, atol=1e-5), (
        f"eval() gives two outputs, {difference:.2g} apart: does a "
        f"functional dropout not ask self.training?")
# --8<-- [end:assert_eval_repeats]
