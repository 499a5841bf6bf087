"""Poolings that count the padding."""

import torch


# --8<-- [start:mean_over_padding]
def mean_over_padding(
        x: torch.Tensor, keep: torch.Tensor) -> torch.Tensor:
    """Average all places: (B, L, D) to (B, D), `keep`
    unused."""
    return x.mean(dim=1)
# --8<-- [end:mean_over_padding]


# --8<-- [start:masked_sum_over_length]
def masked_sum_over_length(
        x: torch.Tensor, keep: torch.Tensor) -> torch.Tensor:
    """Divide the sum of kept tokens by the padded length."""
    return (x * keep[..., None]).mean(dim=1)
# --8<-- [end:masked_sum_over_length]
