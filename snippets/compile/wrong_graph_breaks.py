"""Functions that torch.compile takes apart."""

import torch


# --8<-- [start:sum_by_mask]
def sum_by_mask(x: torch.Tensor) -> torch.Tensor:
    """Select by a mask: the shape of the result depends on
    values."""
    y = x * 2
    return y[y > 0].sum()
# --8<-- [end:sum_by_mask]


# --8<-- [start:branch_on_a_tensor]
def branch_on_a_tensor(x: torch.Tensor) -> torch.Tensor:
    """Branch on a value of the tensor, which is unknown in
    tracing."""
    y = x * 2
    if y.sum() > 0:
        return y + 1
    return y - 1
# --8<-- [end:branch_on_a_tensor]


# --8<-- [start:leave_a_loop]
def leave_a_loop(x: torch.Tensor) -> torch.Tensor:
    """Double up to three times, and look at a value in the
    loop."""
    for _ in range(3):
        x = x * 2
        if x.sum() > 1000:
            break
    return x
# --8<-- [end:leave_a_loop]
