"""A loss and an accuracy that refuse to broadcast."""

from collections.abc import Callable

import torch


# --8<-- [start:mse_loss]
def mse_loss(
        prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the mean squared error; both arguments have one shape.

    Raises: ValueError where the shapes differ.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html
    """
    if prediction.shape != target.shape:
        raise ValueError(
            f"{tuple(prediction.shape)} is not {tuple(target.shape)}")
    return (prediction - target).square().mean()
# --8<-- [end:mse_loss]


# --8<-- [start:accuracy]
def accuracy(logits: torch.Tensor, target: torch.Tensor) -> float:
    """Return the share of right samples: `logits` (N, C), `target` (N).

    Raises: ValueError where the shapes do not fit.
    Source: https://docs.pytorch.org/docs/stable/notes/broadcasting.html
    """
    predicted = logits.argmax(dim=1)
    if predicted.shape != target.shape:
        raise ValueError(
            f"{tuple(predicted.shape)} is not {tuple(target.shape)}")
    return (predicted == target).double().mean().item()
# --8<-- [end:accuracy]


# --8<-- [start:assert_truth_costs_nothing]
def assert_truth_costs_nothing(
        loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        prediction: torch.Tensor, target: torch.Tensor) -> None:
    """Fail where the targets themselves, as predictions, have a loss.

    `prediction` is what the model gives and `target` what the data
    give. Targets that are all equal show nothing.

    Raises: AssertionError where the loss is not 0.
    Source: https://docs.pytorch.org/docs/stable/notes/broadcasting.html
    """
    cost = loss(target.reshape(prediction.shape), target).item()
    assert cost == 0, (
        f"a perfect prediction costs {cost:.3g}: do predictions "
        f"{tuple(prediction.shape)} and targets "
        f"{tuple(target.shape)} broadcast?")
# --8<-- [end:assert_truth_costs_nothing]
