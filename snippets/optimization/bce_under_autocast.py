"""A binary loss that is safe in half precision, and a test of it."""

from collections.abc import Callable

import torch
import torch.nn.functional as F


# --8<-- [start:loss_of_logits]
def loss_of_logits(
    logits: torch.Tensor, target: torch.Tensor,
) -> torch.Tensor:
    """Return a scalar for logits and floating targets (B, 1).

    Source: https://docs.pytorch.org/docs/stable/amp.html

    >>> loss_of_logits(torch.zeros(1, 1), torch.zeros(1, 1))
    tensor(0.6931)
    """
    return F.binary_cross_entropy_with_logits(logits, target)
# --8<-- [end:loss_of_logits]


# --8<-- [start:assert_mistakes_are_pushed]
def assert_mistakes_are_pushed(
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    dtype: torch.dtype,
) -> None:
    """Check loss(logits, target) on a confident mistake in
    dtype.

    `loss` is a binary cross-entropy without weights.

    The mistake is a logit of 40 for the target 0. Its sigmoid
    is 1 in float64 too. `dtype` is real, floating and of 16
    bits or more.

    Raises: AssertionError where the gradient is not about 1.

    Source: https://docs.pytorch.org/docs/stable/amp.html
    """
    logit = torch.full((1, 1), 40.0, dtype=dtype,
                       requires_grad=True)
    target = torch.zeros(1, 1, dtype=dtype)
    with torch.enable_grad():
        gradient, = torch.autograd.grad(loss(logit, target),
                                        logit)
    pushed = gradient.item()
    assert 0.9 < pushed < 1.1, (
        f"a wrong logit of {logit.item()} has gradient {pushed},"
        " not 1: does the loss take probabilities?")
# --8<-- [end:assert_mistakes_are_pushed]
