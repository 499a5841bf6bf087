"""What the exercise starts from."""

import torch


# --8<-- [start:top_p_filter]
def top_p_filter(logits: torch.Tensor,
                 top_p: float) -> torch.Tensor:
    """Return `logits` (..., V) with -inf outside of the top p.

    The tokens that stay are the fewest whose probability is
    `top_p` or more.
    """
    raise NotImplementedError("sort, sum, mask, scatter")
# --8<-- [end:top_p_filter]
