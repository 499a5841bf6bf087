"""Perplexity over all tokens, in batches of any size."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F


# --8<-- [start:perplexity]
def perplexity(
        batches: Iterable[tuple[torch.Tensor, torch.Tensor]],
        ignore_index: int = -100) -> float:
    """Return the exponential of the mean loss over all tokens.

    A batch is logits (..., V) and class indices (...) of the
    next tokens, `ignore_index` where there is none. Half
    precision is computed in float32. The perplexity is inf
    where it overflows.

    Raises:
        TypeError: logits are not floating, or targets are.
        ValueError: no token counts, or the shapes do not fit.
        IndexError: a target is no class
            (on a GPU RuntimeError).
        RuntimeError: the tensors are on meta, logits are
            float8, or targets are neither int64 nor uint8.
    Source: https://github.com/keras-team/keras-hub/pull/2958
    """
    total, count = 0.0, 0
    for logits, target in batches:
        if not logits.is_floating_point(
        ) or target.is_floating_point():
            raise TypeError(
                f"logits {logits.dtype}, targets {target.dtype}")
        if logits.ndim < 1 or logits.shape[:-1] != target.shape:
            raise ValueError(
                f"logits {tuple(logits.shape)}, targets "
                f"{tuple(target.shape)}")
        wide = torch.promote_types(logits.dtype, torch.float32)
        total += F.cross_entropy(
            logits.to(wide)[None].flatten(0, -2),
            target.flatten(), ignore_index=ignore_index,
            reduction="sum").item()
        count += int((target != ignore_index).sum())
    if count == 0:
        raise ValueError("no token counts")
    mean = torch.tensor(total / count, dtype=torch.float64)
    return mean.exp().item()
# --8<-- [end:perplexity]
