"""A squeeze that drops the batch axis of a batch of one."""

import torch


# --8<-- [start:accuracy_of_squeezed]
def accuracy_of_squeezed(
        pooled: torch.Tensor, target: torch.Tensor) -> float:
    """Divide the hits of `pooled` (B, C, 1, 1) by C where B is
    1."""
    logits = pooled.squeeze()
    correct = (logits.argmax(dim=-1) == target).sum()
    return correct.item() / len(logits)
# --8<-- [end:accuracy_of_squeezed]
