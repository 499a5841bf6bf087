"""Answers to the exercise on BCE that have the right shape."""

import torch


# --8<-- [start:classes_swapped]
def classes_swapped(logit: torch.Tensor) -> torch.Tensor:
    """Give the logit to class 0."""
    return torch.stack((logit, torch.zeros_like(logit)), dim=1)
# --8<-- [end:classes_swapped]


# --8<-- [start:plus_and_minus]
def plus_and_minus(logit: torch.Tensor) -> torch.Tensor:
    """Put the logits 2x apart, as if the model were twice as
    sure."""
    return torch.stack((-logit, logit), dim=1)
# --8<-- [end:plus_and_minus]


# --8<-- [start:probabilities]
def probabilities(logit: torch.Tensor) -> torch.Tensor:
    """Give probabilities, which cross-entropy takes for
    logits."""
    p = logit.sigmoid()
    return torch.stack((1 - p, p), dim=1)
# --8<-- [end:probabilities]


# --8<-- [start:logs_of_probabilities]
def logs_of_probabilities(logit: torch.Tensor) -> torch.Tensor:
    """Give logs, right until a probability rounds to 0 or
    1."""
    p = logit.sigmoid()
    return torch.stack((1 - p, p), dim=1).log()
# --8<-- [end:logs_of_probabilities]
