"""Softmax over what a mask leaves, 0 in a row that it hides."""

import math

import torch


# --8<-- [start:masked_softmax]
def masked_softmax(
    logits: torch.Tensor,
    keep: torch.Tensor,
    dim: int = -1,
) -> torch.Tensor:
    """Return the softmax over `dim` of what the mask `keep`
    leaves.

    `keep` is boolean, True for what takes part, with as many
    axes as `logits` and a shape that broadcasts to theirs. The
    result has the shape of `logits`; a row in which nothing is
    kept is 0.

    Raises: TypeError where the logits are not of floating
    dtype, or the mask is not boolean; NotImplementedError for
    float8.
    Source: https://github.com/pytorch/pytorch/pull/133882

    >>> keep = torch.tensor([[True, True], [False, False]])
    >>> masked_softmax(torch.zeros(2, 2), keep)
    tensor([[0.5000, 0.5000],
            [0.0000, 0.0000]])
    """
    if not logits.is_floating_point() or keep.dtype != torch.bool:
        raise TypeError(
            f"{logits.dtype} and a {keep.dtype} mask")
    empty = ~keep.any(dim, keepdim=True)
    masked = logits.masked_fill(~keep, -math.inf)
    weights = masked.masked_fill(empty, 0).softmax(dim)
    return weights.masked_fill(empty, 0)
# --8<-- [end:masked_softmax]
