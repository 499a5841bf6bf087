"""A mean loss that survives a batch without targets."""

from collections.abc import Callable

import torch
import torch.nn.functional as F


# --8<-- [start:mean_loss]
def mean_loss(
        logits: torch.Tensor, target: torch.Tensor,
        ignore_index: int = -100) -> torch.Tensor:
    """Return the mean over targets that count; 0 where none
    does.

    `logits` (N, C) or (N, C, d1, ...); `target` (N) or
    (N, d1, ...) of class indices. The sum must fit the dtype
    of the logits.

    Raises: TypeError where the targets are class
    probabilities.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
    """
    if target.is_floating_point():
        raise TypeError("targets must be class indices")
    total = F.cross_entropy(logits, target,
                            ignore_index=ignore_index,
                            reduction="sum")
    return total / (target != ignore_index).sum().clamp(min=1)
# --8<-- [end:mean_loss]


# --8<-- [start:assert_finite_without_targets]
def assert_finite_without_targets(
        loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        ignore_index: int = -100) -> None:
    """Fail where a batch without targets gives no finite
    number.

    `loss` takes logits (N, C) and class indices (N). A loss
    that does not depend on the logits has no gradient to
    check.

    Raises: AssertionError with the loss and its largest
    gradient.
    Source: https://github.com/pytorch/pytorch/issues/70348
    """
    logits = torch.zeros(2, 3, requires_grad=True)
    target = torch.full((2,), ignore_index)
    with torch.random.fork_rng(
            range(torch.cuda.device_count())):
        value = loss(logits, target)
    gradient = torch.zeros_like(logits)
    if value.requires_grad:
        gradient, = torch.autograd.grad(
            value, logits, materialize_grads=True)
    largest = gradient.abs().max()
    assert value.isfinite() & largest.isfinite(), (
        f"a batch whose targets are all {ignore_index} has the loss "
        f"{value.item()} and the gradient {largest.item()}: "
        f"a mean over no targets is 0/0")
# --8<-- [end:assert_finite_without_targets]
