"""The log probability of an action that tanh squashes."""

import math

import torch
import torch.nn.functional as F


# --8<-- [start:squashed_log_prob]
def squashed_log_prob(
        u: torch.Tensor, mean: torch.Tensor, std: torch.Tensor,
        scale: float = 1.0) -> torch.Tensor:
    """Return log p of the action `scale * u.tanh()`, of shape
    (...).

    `u` (..., A), drawn from Normal(mean, std), is the number
    before tanh; `mean` and `std` have its shape. The sum over
    the A numbers of an action is in float32 or float64. `u`
    must be so small that its square fits there.

    Raises:
        TypeError: a tensor is not floating.
        ValueError: the shapes differ, or `scale` is not
            positive.
    Source: https://github.com/openai/spinningup/issues/314
    """
    if not all(x.is_floating_point() for x in (u, mean, std)):
        raise TypeError("u, mean and std must be floating")
    if not u.shape == mean.shape == std.shape or not u.dim():
        raise ValueError(
            f"shapes {tuple(u.shape)}, {tuple(mean.shape)} and "
            f"{tuple(std.shape)}, not (..., A) three times")
    if not 0 < scale < math.inf:
        raise ValueError(f"a scale of {scale}")
    wide = torch.promote_types(u.dtype, torch.float32)
    u, mean, std = u.to(wide), mean.to(wide), std.to(wide)
    normal = (-0.5 * ((u - mean) / std) ** 2 - std.log()
              - 0.5 * math.log(2 * math.pi))
    slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return (normal - slope - math.log(scale)).sum(-1)
# --8<-- [end:squashed_log_prob]
