"""Top-p: the smallest set of tokens that has the probability p."""

import math

import torch
import torch.nn.functional as F


# --8<-- [start:top_p_filter]
def top_p_filter(logits: torch.Tensor,
                 top_p: float) -> torch.Tensor:
    """Return `logits` (..., V) with -inf outside of the top p.

    A token is kept if it is the first in sorted order, or if
    those before it have less than `top_p` together. Of equal
    tokens some may be removed. The sum runs in float32 or
    float64. A row with nan, or of -inf alone, stays as it is.

    Raises:
        TypeError: the logits are not floating.
        ValueError: `top_p` is not above 0 and at most 1.
        RuntimeError: the logits are float8, and `top_p` is
            below 1.
    Source: https://github.com/thu-nics/C2C/pull/21
    """
    if not logits.is_floating_point():
        raise TypeError(
            f"logits are {logits.dtype}, not floating")
    if not 0 < top_p <= 1:
        raise ValueError(f"top_p is {top_p}, not in (0, 1]")
    if top_p == 1:
        return logits.clone()
    wide = torch.promote_types(logits.dtype, torch.float32)
    probs, order = logits.to(wide).softmax(-1).sort(
        -1, descending=True)
    before = F.pad(
        probs.cumsum(-1)[..., :-1], (1, 0), value=-1)
    remove = torch.zeros_like(before, dtype=torch.bool)
    remove = remove.scatter(-1, order, before >= top_p)
    return logits.masked_fill(remove, -math.inf)
# --8<-- [end:top_p_filter]
