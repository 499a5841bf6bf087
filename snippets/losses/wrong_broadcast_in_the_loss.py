"""A loss and an accuracy that compare each sample with every other."""

import torch


# --8<-- [start:mse_of_all_pairs]
def mse_of_all_pairs(prediction: torch.Tensor,
                     target: torch.Tensor) -> torch.Tensor:
    """Compare each of `prediction` (N) with each of `target`
    (N, 1)."""
    return ((prediction - target) ** 2).mean()
# --8<-- [end:mse_of_all_pairs]


# --8<-- [start:accuracy_of_all_pairs]
def accuracy_of_all_pairs(predicted: torch.Tensor,
                          target: torch.Tensor) -> float:
    """Divide the equal ones of N*N pairs by N, not by N*N.

    `predicted` (N), `target` (N, 1).
    """
    return (predicted == target).sum().item() / len(target)
# --8<-- [end:accuracy_of_all_pairs]
