"""Work on small integers that wraps, and on integers that cuts."""

import torch


# --8<-- [start:difference_that_wraps]
def difference_that_wraps(
    after: torch.Tensor, before: torch.Tensor
) -> torch.Tensor:
    """Return `after - before` (...) modulo 256, if both are
    uint8."""
    return after - before
# --8<-- [end:difference_that_wraps]


# --8<-- [start:halves_that_are_cut]
def halves_that_are_cut(x: torch.Tensor) -> torch.Tensor:
    """Put 0.5 where x (...) is 0; an integer x gets 0 there
    again."""
    return x.masked_fill(x == 0, 0.5)
# --8<-- [end:halves_that_are_cut]
