"""Layer norm with two variances that look right."""

import torch


# --8<-- [start:layer_norm_by_difference_of_squares]
def layer_norm_by_difference_of_squares(
    x: torch.Tensor, eps: float = 1e-5,
) -> torch.Tensor:
    """Normalize x (..., D); at a large mean the variance
    cancels."""
    mean = x.mean(-1, keepdim=True)
    var = (x ** 2).mean(-1, keepdim=True) - mean ** 2
    return (x - mean) / (var + eps).sqrt()
# --8<-- [end:layer_norm_by_difference_of_squares]


# --8<-- [start:layer_norm_by_sample_deviation]
def layer_norm_by_sample_deviation(
    x: torch.Tensor, eps: float = 1e-5,
) -> torch.Tensor:
    """Normalize x (..., D); std divides by D - 1, and ε is
    outside."""
    mean = x.mean(-1, keepdim=True)
    return (x - mean) / (x.std(-1, keepdim=True) + eps)
# --8<-- [end:layer_norm_by_sample_deviation]
