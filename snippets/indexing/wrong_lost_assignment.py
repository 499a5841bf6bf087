"""An assignment to the copy that a mask makes."""

import torch


# --8<-- [start:mark_rows_of_a_copy]
def mark_rows_of_a_copy(
        x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return `x` (N, D) unchanged: `x[mask]` is a copy."""
    x[mask][:, 0] = 1
    return x
# --8<-- [end:mark_rows_of_a_copy]
