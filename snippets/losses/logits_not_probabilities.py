"""Binary cross-entropy from logits, without the log of a sigmoid."""

import torch
import torch.nn.functional as F


# --8<-- [start:binary_cross_entropy]
def binary_cross_entropy(logit: torch.Tensor,
                         target: torch.Tensor) -> torch.Tensor:
    """Return the loss of each entry, of the shape of both
    arguments.

    `target` holds probabilities of class 1.

    Raises: ValueError where the shapes differ.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.logsigmoid.html

    >>> binary_cross_entropy(
    ...     torch.tensor([20.0, -100.0]), torch.tensor([0.0, 1.0]))
    tensor([ 20., 100.])
    """
    if logit.shape != target.shape:
        raise ValueError(
            f"{tuple(logit.shape)} is not {tuple(target.shape)}")
    for_1, for_0 = F.logsigmoid(logit), F.logsigmoid(-logit)
    return -(target * for_1 + (1 - target) * for_0)
# --8<-- [end:binary_cross_entropy]
