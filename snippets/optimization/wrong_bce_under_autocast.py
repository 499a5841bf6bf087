"""A binary loss of probabilities, which half precision may round."""

import torch
import torch.nn.functional as F


# --8<-- [start:loss_of_probabilities]
def loss_of_probabilities(
    logits: torch.Tensor, target: torch.Tensor,
) -> torch.Tensor:
    """Return a scalar; a large wrong logit may get no
    gradient."""
    return F.binary_cross_entropy(logits.sigmoid(), target)
# --8<-- [end:loss_of_probabilities]
