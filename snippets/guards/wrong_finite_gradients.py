"""Functions that give nan for inputs that come."""

import torch
import torch.nn.functional as F


# --8<-- [start:distance_by_square_root]
def distance_by_square_root(
    a: torch.Tensor, b: torch.Tensor
) -> torch.Tensor:
    """Return the distances (N,) of the rows of `a` and `b`
    (N, D)."""
    return (a - b).square().sum(dim=1).sqrt()
# --8<-- [end:distance_by_square_root]


# --8<-- [start:entropy_of_products]
def entropy_of_products(logits: torch.Tensor) -> torch.Tensor:
    """Return the entropies (N,) of logits (N, C)."""
    log_p = F.log_softmax(logits, dim=1)
    return -(log_p.exp() * log_p).sum(dim=1)
# --8<-- [end:entropy_of_products]


# --8<-- [start:normalize_frames]
def normalize_frames(sound: torch.Tensor) -> torch.Tensor:
    """Give each frame of `sound` (N, L) the mean 0, deviation
    1."""
    mean = sound.mean(dim=1, keepdim=True)
    return (sound - mean) / sound.std(dim=1, keepdim=True)
# --8<-- [end:normalize_frames]


# --8<-- [start:loss_masked_after]
def loss_masked_after(
    prediction: torch.Tensor, target: torch.Tensor
) -> torch.Tensor:
    """Return the loss of (N, D), where `target` may be
    missing."""
    loss = F.mse_loss(prediction, target, reduction="none")
    return loss[~target.isnan()].mean()
# --8<-- [end:loss_masked_after]
