"""What the exercise starts from."""

import torch


# --8<-- [start:mean_of_kept]
def mean_of_kept(x: torch.Tensor,
                 keep: torch.Tensor) -> torch.Tensor:
    """Return the mean of the kept tokens: (B, L, D) to (B, D).

    `keep` is boolean, (B, L). A sample without tokens gives
    zeros.
    """
    raise NotImplementedError("mask, sum, count, divide")
# --8<-- [end:mean_of_kept]
