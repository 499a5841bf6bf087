"""A binary loss of probabilities, which half precision rounds to 1."""

import torch
import torch.nn.functional as F


# --8<-- [start:loss_of_probabilities]
def loss_of_probabilities(
    logits: torch.Tensor, target: torch.Tensor,
) -> torch.Tensor:
    """Return a scalar whose gradient is lost for large logits."""
    return F.binary_cross_entropy(logits.sigmoid(), target)
# --8<-- [end:loss_of_probabilities]
