"""Gumbel noise from a uniform draw that can be 0."""

import torch


# --8<-- [start:gumbel_from_uniform]
def gumbel_from_uniform(logits: torch.Tensor) -> torch.Tensor:
    """Return Gumbel noise, -inf where the uniform draw is
    0."""
    return -torch.log(-torch.log(torch.rand_like(logits)))
# --8<-- [end:gumbel_from_uniform]
