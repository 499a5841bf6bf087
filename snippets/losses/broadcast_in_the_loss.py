"""A loss and an accuracy that refuse to broadcast."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from snippets.guards.judge import Undecided


# --8<-- [start:mse_loss]
def mse_loss(prediction: torch.Tensor,
             target: torch.Tensor) -> torch.Tensor:
    """Return the mean squared error; both arguments have one
    shape.

    Raises: ValueError where the shapes differ.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html
    """
    if prediction.shape != target.shape:
        raise ValueError(
            f"{tuple(prediction.shape)} is not {tuple(target.shape)}")
    return F.mse_loss(prediction, target)
# --8<-- [end:mse_loss]


# --8<-- [start:accuracy]
def accuracy(logits: torch.Tensor,
             target: torch.Tensor) -> float:
    """Return the share of right samples: `logits` (N, C),
    `target` (N).

    A sample with nan among its logits counts as wrong.

    Raises: ValueError where the shapes do not fit, or for no
    samples.
    Source: https://docs.pytorch.org/docs/stable/notes/broadcasting.html
    """
    if logits.dim() < 2 or not logits.shape[1]:
        raise ValueError(
            f"no classes in {tuple(logits.shape)}")
    predicted = logits.argmax(dim=1)
    if predicted.shape != target.shape:
        raise ValueError(
            f"{tuple(predicted.shape)} is not {tuple(target.shape)}")
    if not target.numel():
        raise ValueError("there are no samples")
    right = (predicted == target) & ~logits.isnan().any(dim=1)
    return right.double().mean().item()
# --8<-- [end:accuracy]


# --8<-- [start:assert_truth_costs_nothing]
def assert_truth_costs_nothing(
        loss: Callable[[torch.Tensor, torch.Tensor],
                       torch.Tensor], prediction: torch.Tensor,
        target: torch.Tensor) -> None:
    """Fail where the targets themselves, as predictions, have
    a loss.

    `prediction` is what the model gives and `target` what the
    data give, as many numbers, not on meta. `loss` is exactly
    0 for equal tensors, as the squared error is, and is called
    in float64. A small number that a right loss adds fails
    too: give `F.pairwise_distance` an `eps` of 0.

    Raises:
        AssertionError: the loss is not 0.
        TypeError: the target is not floating.
        Undecided: targets are all equal, or one is not finite.
    Source: https://docs.pytorch.org/docs/stable/notes/broadcasting.html
    """
    if not target.is_floating_point():
        raise TypeError(
            f"target is {target.dtype}, not floating")
    target = target.detach().double()
    if target.numel() == 0 or not target.isfinite().all() or (
            target == target.flatten()[0]).all():
        raise Undecided("give finite targets that differ")
    perfect = target.reshape(prediction.shape).clone()
    cost = loss(perfect, target.clone()).item()
    assert cost == 0, (
        f"a perfect prediction costs {cost:.3g}: do predictions "
        f"{tuple(prediction.shape)} and targets "
        f"{tuple(target.shape)} broadcast?")
# --8<-- [end:assert_truth_costs_nothing]
