"""One log probability for each row of a batch."""

import torch
from torch.distributions import Distribution


# --8<-- [start:log_prob_of_rows]
def log_prob_of_rows(policy: Distribution,
                     value: torch.Tensor) -> torch.Tensor:
    """Return (N) log probabilities of `value`, one for each
    row.

    `policy` has N rows, and `value` the shape of one of its
    samples:
    (N) for `Categorical` of logits (N, C), (N, D) for `Normal`
    of means (N, D). What is independent within a row is added
    up.

    Raises:
        ValueError: `value` has another shape, or no axis
            counts rows.
    Source: https://docs.pytorch.org/docs/stable/distributions.html
    """
    shape = policy.batch_shape + policy.event_shape
    if not policy.batch_shape or value.shape != shape:
        raise ValueError(
            f"a value of {tuple(value.shape)} for rows of {tuple(shape)}")
    found = policy.log_prob(value)
    return found.flatten(1).sum(1) if found.dim() > 1 else found
# --8<-- [end:log_prob_of_rows]
