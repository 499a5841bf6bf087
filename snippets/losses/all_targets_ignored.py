"""A mean loss that survives a batch without targets."""

from collections.abc import Callable

import torch
import torch.nn.functional as F


# --8<-- [start:mean_loss]
def mean_loss(
        logits: torch.Tensor, target: torch.Tensor,
        ignore_index: int = -100) -> torch.Tensor:
    """Return the mean over targets that count; 0 where none does.

    `logits` (N, C) or (N, C, d1, ...); `target` (N) or (N, d1, ...).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
    """
    total = F.cross_entropy(
        logits, target, ignore_index=ignore_index, reduction="sum")
    return total / (target != ignore_index).sum().clamp(min=1)
# --8<-- [end:mean_loss]


# --8<-- [start:assert_finite_without_targets]
def assert_finite_without_targets(
        loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        ignore_index: int = -100) -> None:
    """Fail where a batch without targets gives no finite number.

    `loss` takes logits (N, C) and class indices (N).

    Raises: AssertionError with the loss.
    Source: https://github.com/pytorch/pytorch/issues/70348
    """
    logits = torch.zeros(2, 3, requires_grad=True)
    value = loss(logits, torch.full((2,), ignore_index))
    gradient, = torch.autograd.grad(value, logits)
    finite = value.isfinite() & gradient.isfinite().all()
    assert finite, (
        f"a batch whose targets are all {ignore_index} has the loss "
        f"{value.item()}: a mean over no targets is 0/0")
# --8<-- [end:assert_finite_without_targets]
