"""Divergences of probabilities and of swapped arguments."""

import torch
import torch.nn.functional as F


# --8<-- [start:kl_of_probabilities]
def kl_of_probabilities(target: torch.Tensor,
                        model: torch.Tensor) -> torch.Tensor:
    """Take probabilities for logs; both are logits (N, C)."""
    return F.kl_div(
        model.softmax(dim=1), target.softmax(dim=1),
        reduction="batchmean")
# --8<-- [end:kl_of_probabilities]


# --8<-- [start:kl_in_the_order_of_books]
def kl_in_the_order_of_books(
        target: torch.Tensor,
        model: torch.Tensor) -> torch.Tensor:
    """Return KL(model || target); both are logits (N, C)."""
    return F.kl_div(
        F.log_softmax(target, dim=1), model.softmax(dim=1),
        reduction="batchmean")
# --8<-- [end:kl_in_the_order_of_books]
