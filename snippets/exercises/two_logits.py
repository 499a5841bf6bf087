"""The check of the exercise on BCE as a cross-entropy."""

from collections.abc import Callable

import torch
import torch.nn.functional as F


# --8<-- [start:check_two_logits]
def check_two_logits(
    answer: Callable[[torch.Tensor], torch.Tensor],
) -> str:
    """Compare cross-entropy of `answer(logit)` with BCE of
    `logit`.

    Raises: AssertionError with a likely cause where they
    differ.
    """
    logit = torch.tensor([2.0, -1, 0.5, 0], requires_grad=True)
    z = answer(logit)
    assert z.shape == (4, 2), (
        f"(4,) becomes {tuple(z.shape)}, not (4, 2): samples first, "
        "then the two classes, as stack does with dim=1")
    p = logit.sigmoid()
    causes = [
        (logit, "the difference of the two logits is right"),
        (-logit,
         "class 0 and class 1 are swapped: `logit` belongs to "
         "class 1, which has index 1"),
        (2 * logit,
         "the two logits lie twice as far apart as they "
         "should: put 0 beside `logit`, or halve both"),
        (-2 * logit,
         "the two logits lie twice as far apart as they "
         "should, and the classes are swapped"),
        (2 * p - 1,
         "these are probabilities, and cross_entropy takes "
         "logits: it would apply softmax to them"), ]
    difference = z[:, 1] - z[:, 0]
    cause = next(
        (says for wanted, says in causes if torch.allclose(
            difference.to(wanted), wanted, atol=1e-5)),
        "class 1 minus class 0 must be `logit`, because softmax of two "
        "logits is the sigmoid of their difference")
    for label in (0, 1):
        target = torch.full((4,), label)
        got = F.cross_entropy(z, target, reduction="none")
        want = F.binary_cross_entropy_with_logits(
            logit, target.to(logit), reduction="none")
        assert torch.allclose(got.to(want), want,
                              atol=1e-5), cause
        assert got.requires_grad, (
            "no gradient reaches `logit`: build the result from it by "
            "stack or cat, and not by torch.tensor")
        slope, = torch.autograd.grad(
            got.sum(), logit, retain_graph=True)
        assert torch.allclose(slope, p - label, atol=1e-5), (
            "the loss is right and its gradient is not: a part of "
            "the result is detached from `logit`")
        sure = torch.tensor([1000.0, -1000])
        cost = F.cross_entropy(answer(sure), target[:2]).item()
        assert abs(cost - 500) < 0.1, (
            f"logits of 1000 and -1000 cost {cost}, not 500: sigmoid "
            "rounds to 0 or 1 there, so leave it and its log out")
    return "all losses and gradients agree"
# --8<-- [end:check_two_logits]
