"""Attention whose dropout follows train() and eval()."""

import torch
import torch.nn.functional as F
from torch import nn

from snippets.guards.judge import Undecided, copied


# --8<-- [start:self_attention]
class SelfAttention(nn.Module):
    """Causal attention with dropout on the weights, in training only.

    For a dtype in which the scores of attention are finite.

    Raises: RuntimeError where `x` has another dtype than the weights,
        without autocast and not on meta.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
    """

    def __init__(self, D: int, num_heads: int, p: float) -> None:
        """Take `D` features, and `p`, the share of weights dropped.

        Raises: ValueError where `num_heads` does not divide `D`.
        """
        super().__init__()
        if num_heads < 1 or D % num_heads:
            raise ValueError(f"{num_heads} heads of {D} features")
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


# --8<-- [start:assert_eval_repeats]
def assert_eval_repeats(model: nn.Module, x: torch.Tensor) -> None:
    """Fail where `model` in eval mode gives x two different outputs.

    The output is one tensor. Copies of `model` and `x` are used, so
    both stay as they are, as does the state of torch's generators.
    Some kernels of a GPU round differently in each call. So the
    outputs may differ by ten times as much as those of equal calls
    with one random state, if this is below 1e-4 of the largest.

    Raises:
        AssertionError: the outputs differ; says by how much.
        Undecided: the output is empty or has only 0, inf and nan, so
            dropout would not show.
        RuntimeError: torch's own, for example on meta or in float8.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
    """
    def outputs(times: int) -> list[torch.Tensor]:
        twin = copied(model).eval()
        devices = range(torch.cuda.device_count())
        with torch.no_grad(), torch.random.fork_rng(devices):
            return [twin(x.clone()).clone() for _ in range(times)]

    def apart(a: torch.Tensor, b: torch.Tensor) -> float:
        alike = (a == b) | (a.isnan() & b.isnan())
        wide = torch.promote_types(a.dtype, torch.float64)
        gap = (a.to(wide) - b.to(wide)).abs().masked_fill(alike, 0)
        return gap.max().item() if gap.numel() else 0.0

    first, other = outputs(2)
    noise = apart(first, outputs(1)[0])
    wide = torch.promote_types(first.dtype, torch.float64)
    size = first[first.isfinite()].to(wide).abs()
    largest = size.max().item() if size.any() else 0.0
    gap = apart(first, other)
    assert gap <= min(10 * noise, 1e-4 * largest), (
        f"eval() gives two outputs, {gap:.2g} apart: does "
        f"a functional dropout not ask self.training?")
    if largest == 0:
        raise Undecided("the output has only 0, inf and nan")
# --8<-- [end:assert_eval_repeats]
