"""A root whose gradient is nan at 0, where its value is not used."""

import torch


# --8<-- [start:sqrt_by_where]
def sqrt_by_where(x: torch.Tensor) -> torch.Tensor:
    """Return the root of `x`, or 0; at 0 or below, a nan
    gradient."""
    return torch.where(x > 0, x.sqrt(), 0.0)
# --8<-- [end:sqrt_by_where]
