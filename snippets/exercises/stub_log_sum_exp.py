"""What the exercise starts from."""

import torch


# --8<-- [start:logsumexp]
def logsumexp(x: torch.Tensor, dim: int) -> torch.Tensor:
    """Return the log of the sum of exp(x) over the axis `dim`.

    `x` is floating, and the result has no axis `dim`.
    """
    raise NotImplementedError("subtract, exp, sum, log, add")
# --8<-- [end:logsumexp]
