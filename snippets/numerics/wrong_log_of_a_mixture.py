"""The log of a mixture by way of probabilities."""

import torch
import torch.nn.functional as F


# --8<-- [start:log_of_the_sum]
def log_of_the_sum(
    gate: torch.Tensor, logits: torch.Tensor
) -> torch.Tensor:
    """Add up probabilities that may all have underflowed to
    0."""
    weights = F.softmax(gate, dim=-1).unsqueeze(-1)
    return (weights
            * F.softmax(logits, dim=-1)).sum(dim=-2).log()
# --8<-- [end:log_of_the_sum]


# --8<-- [start:mean_of_logs]
def mean_of_logs(
    gate: torch.Tensor, logits: torch.Tensor
) -> torch.Tensor:
    """Average logs, which is stable and is not the mixture."""
    weights = F.softmax(gate, dim=-1).unsqueeze(-1)
    return (weights
            * F.log_softmax(logits, dim=-1)).sum(dim=-2)
# --8<-- [end:mean_of_logs]
