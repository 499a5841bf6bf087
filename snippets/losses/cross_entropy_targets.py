"""Cross-entropy from scratch, for each kind of target."""

import torch
import torch.nn.functional as F


# --8<-- [start:cross_entropy]
def cross_entropy(
        logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the mean over samples of `-log softmax` at the target.

    `logits` (N, C) or (N, C, d1, ...), `target` (N) or (N, d1, ...),
    int64 class indices.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
    """
    log_probs = F.log_softmax(logits, dim=1)
    return -log_probs.gather(1, target.unsqueeze(1)).mean()
# --8<-- [end:cross_entropy]


# --8<-- [start:soft_cross_entropy]
def soft_cross_entropy(
        logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the mean over samples of `-sum of t * log softmax`.

    `logits` and `target` (N, C) or (N, C, d1, ...); `target` holds
    class probabilities.

    Raises: ValueError where the shapes differ.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
    """
    if logits.shape != target.shape:
        raise ValueError(
            f"{tuple(logits.shape)} is not {tuple(target.shape)}")
    log_probs = F.log_softmax(logits, dim=1)
    return -(target.to(logits.dtype) * log_probs).sum(dim=1).mean()
# --8<-- [end:soft_cross_entropy]


# --8<-- [start:token_cross_entropy]
def token_cross_entropy(
        logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the mean loss over all tokens, with the classes last.

    `logits` (..., C). `target` (...) of int64 class indices, or
    (..., C) of floating class probabilities.

    Raises: ValueError where the shapes do not fit.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
    """
    soft = target.is_floating_point()
    if target.shape != (logits.shape if soft else logits.shape[:-1]):
        raise ValueError(
            f"{tuple(target.shape)} does not fit {tuple(logits.shape)}")
    return F.cross_entropy(
        logits.reshape(-1, logits.shape[-1]),
        target.reshape(-1, target.shape[-1]) if soft
        else target.reshape(-1))
# --8<-- [end:token_cross_entropy]
