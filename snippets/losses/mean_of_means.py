"""Means over padded tokens and over parts of a batch."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:masked_mean]
def masked_mean(
        losses: torch.Tensor, keep: torch.Tensor) -> torch.Tensor:
    """Return the mean of `losses` where `keep`, both (B, L); 0 if none.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.where.html

    >>> masked_mean(torch.tensor([[2.0, 9.0]]),
    ...             torch.tensor([[True, False]]))
    tensor(2.)
    """
    total = torch.where(keep, losses, 0).sum()
    return total / keep.sum().clamp(min=1)
# --8<-- [end:masked_mean]


# --8<-- [start:backward_in_parts]
def backward_in_parts(
        model: nn.Module,
        parts: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> float:
    """Add the batch's gradient to `model`, part by part; its loss.

    A part is an input and its targets (N) or (B, L), -100 where they
    are to be ignored; the model gives logits with the classes last.

    Source: https://huggingface.co/blog/gradient_accumulation
    """
    count = sum(int((target != -100).sum()) for _, target in parts)
    total = 0.0
    for x, target in parts:
        logits = model(x)
        loss = F.cross_entropy(
            logits.flatten(0, -2), target.flatten(),
            reduction="sum") / max(count, 1)
        loss.backward()
        total += loss.item()
    return total
# --8<-- [end:backward_in_parts]


# --8<-- [start:assert_parts_add_up]
def assert_parts_add_up(
        backward: Callable[
            [nn.Module, Sequence[tuple[torch.Tensor, torch.Tensor]]],
            object],
        model: nn.Module,
        parts: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Fail where the gradient of `parts` is not that of their batch.

    Give parts with different numbers of targets, and a model without
    dropout. Gradients of `model` are lost.

    Raises: AssertionError with the ratio of the gradients' norms.
    Source: https://github.com/meta-pytorch/torchtune/pull/1875
    """
    batch = [(torch.cat([x for x, _ in parts]),
              torch.cat([target for _, target in parts]))]
    gradients = []
    for split in (batch, parts):
        model.zero_grad()
        backward(model, split)
        gradients.append(torch.cat([
            p.grad.flatten() for p in model.parameters()
            if p.grad is not None]))
    model.zero_grad()
    whole, added = gradients
    ratio = (added.norm() / whole.norm()).item()
    assert torch.allclose(added, whole, rtol=1e-3, atol=1e-6), (
        f"the gradient of {len(parts)} parts is not the batch's (its "
        f"norm is {ratio:.2f} of it): a mean of means, or no division?")
# --8<-- [end:assert_parts_add_up]
