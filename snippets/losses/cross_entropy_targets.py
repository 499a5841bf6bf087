"""Cross-entropy from scratch, for each kind of target."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from snippets.guards.judge import Undecided


# --8<-- [start:cross_entropy]
def cross_entropy(logits: torch.Tensor,
                  target: torch.Tensor) -> torch.Tensor:
    """Return the mean over all targets of `-log softmax`
    there.

    `logits` (N, C) or (N, C, d1, ...), `target` (N) or
    (N, d1, ...), int64 class indices from 0 to C - 1.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
    """
    log_probs = F.log_softmax(logits, dim=1)
    return -log_probs.gather(1, target.unsqueeze(1)).mean()
# --8<-- [end:cross_entropy]


# --8<-- [start:soft_cross_entropy]
def soft_cross_entropy(logits: torch.Tensor,
                       target: torch.Tensor) -> torch.Tensor:
    """Return the mean over samples of
    `-sum of t * log softmax`.

    `logits` and `target` (N, C), or (N, C, d1, ...) where each
    place is a sample; `target` holds class probabilities.

    Raises: ValueError where the shapes differ.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
    """
    if logits.shape != target.shape:
        raise ValueError(
            f"{tuple(logits.shape)} is not {tuple(target.shape)}")
    log_probs = F.log_softmax(logits, dim=1)
    return -(target.to(logits.dtype)
             * log_probs).sum(dim=1).mean()
# --8<-- [end:soft_cross_entropy]


# --8<-- [start:token_cross_entropy]
def token_cross_entropy(logits: torch.Tensor,
                        target: torch.Tensor) -> torch.Tensor:
    """Return the mean loss over all tokens, with the classes
    last.

    `logits` (..., C). `target` (...) of int64 class indices,
    or (..., C) of floating class probabilities.

    Raises: ValueError where the shapes do not fit.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
    """
    soft = target.is_floating_point()
    if target.shape != (logits.shape
                        if soft else logits.shape[:-1]):
        raise ValueError(
            f"{tuple(target.shape)} does not fit {tuple(logits.shape)}")
    return F.cross_entropy(
        logits.reshape(-1, logits.shape[-1]),
        target.reshape(-1, target.shape[-1]) if soft
        else target.reshape(-1))
# --8<-- [end:token_cross_entropy]


# --8<-- [start:assert_flat_at_truth]
def assert_flat_at_truth(
        loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        logits: torch.Tensor, target: torch.Tensor) -> None:
    """Check that perfect logits have no gradient, and wrong
    ones have.

    `logits` (N, ...) are perfect for `target` (N, ...): 1000
    for its class and 0 for the others, or the logs of its
    probabilities, plus another constant for each token. The
    wrong logits are those of the sample before. `loss` returns
    a scalar, has no label smoothing and computes in float32 or
    float64. Not on meta.

    Raises:
        AssertionError: the gradient is not 0, or is 0 for
            both.
        Undecided: all targets are the same.
    """
    def slope(logits: torch.Tensor) -> float:
        z = logits.detach().clone().requires_grad_()
        grad, = torch.autograd.grad(loss(z, target.clone()), z)
        return grad.abs().max().item()

    if torch.equal(target, target.roll(1, 0)):
        raise Undecided(
            "all targets are the same, so none is wrong")
    best, worst = slope(logits), slope(logits.roll(1, 0))
    assert best <= 1e-3 * worst, (
        "perfect logits have a gradient: soft targets cut by .long(), "
        "classes on another axis, or a second softmax or sigmoid")
    assert worst > 0, (
        "wrong logits have no gradient: a single class, a second "
        "softmax or sigmoid, or targets that are all ignored")
# --8<-- [end:assert_flat_at_truth]
