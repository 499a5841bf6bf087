"""A clamp whose gradient on the bounds does not follow the version."""

import torch


# --8<-- [start:clamp_closed]
def clamp_closed(x: torch.Tensor, low: float,
                 high: float) -> torch.Tensor:
    """Clamp real floats `x`; the gradient on the bounds is 1.

    It is 1 where low <= x <= high, and 0 elsewhere, as that of
    `clamp` was up to torch 2.13.

    Raises: TypeError for integers, booleans and complex
        numbers; ValueError where low is not at most high.
    Source: https://github.com/pytorch/pytorch/pull/7049
    """
    if not x.is_floating_point():
        raise TypeError("clamp_closed takes real floats")
    if not low <= high:
        raise ValueError("low must be at most high")
    inside = (low <= x) & (x <= high)
    return torch.where(inside, x, x.detach().clamp(low, high))
# --8<-- [end:clamp_closed]
