"""A mixture of experts: its weights, and the loss that spreads the tokens."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


# --8<-- [start:mixture]
def mixture(
    x: Tensor,
    scores: Tensor,
    experts: Sequence[Callable[[Tensor], Tensor]],
    k: int,
    renormalise: bool,
) -> Tensor:
    """The weighted outputs (N, D) of k experts for each token.

    `x` is (N, D), of floating dtype. `scores` (N, E) are those
    of the router, before any softmax, one for each of E
    experts. An expert maps (n, D) to (n, D).

    Raises:
        TypeError: `x` is not of floating dtype.
        ValueError: the sizes do not fit, or k is not 1 to E.
        RuntimeError: `scores` are integers, or a tensor is on
            meta.
    """
    if not x.is_floating_point():
        raise TypeError(
            f"x must be of floating dtype, not {x.dtype}")
    if x.dim() != 2 or scores.shape != (len(x), len(experts)):
        raise ValueError(
            f"wanted x (N, D) and scores (N, {len(experts)}), "
            f"not {tuple(x.shape)} and {tuple(scores.shape)}")
    if not 1 <= k <= len(experts):
        raise ValueError(
            f"k must be 1 to {len(experts)}, not {k}")
    weights, chosen = scores.softmax(-1).topk(k)
    if renormalise:
        weights = weights / weights.sum(-1, keepdim=True)
    out = torch.zeros_like(x)
    for number, expert in enumerate(experts):
        token, place = (chosen == number).nonzero(as_tuple=True)
        if len(token):
            part = weights[token, place, None] * expert(x[token])
            out = out.index_add(0, token, part.to(out.dtype))
    return out
# --8<-- [end:mixture]


# --8<-- [start:balance_loss]
def balance_loss(scores: Tensor, k: int) -> Tensor:
    """E times the sum over experts of share times mean
    probability.

    `scores` (N, E) are the router's, without the padding
    tokens. The loss is k for an even router and near E for a
    collapsed one with k = 1. Only the probabilities carry a
    gradient.

    Raises:
        ValueError: `scores` is not (N, E), N is 0, or k is not
            1 to E.
        RuntimeError: `scores` are integers.
    """
    if scores.dim() != 2 or not len(scores):
        raise ValueError(
            f"wanted scores (N, E), N > 0, not {tuple(scores.shape)}")
    if not 1 <= k <= scores.shape[1]:
        raise ValueError(
            f"k must be 1 to {scores.shape[1]}, not {k}")
    probabilities = scores.softmax(-1)
    chosen = torch.zeros_like(probabilities).scatter(
        1, scores.topk(k).indices, 1)
    share = chosen.mean(0)
    return scores.shape[1] * (share
                              * probabilities.mean(0)).sum()
# --8<-- [end:balance_loss]
