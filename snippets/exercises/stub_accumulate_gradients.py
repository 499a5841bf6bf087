"""What the exercise starts from."""

from collections.abc import Sequence

import torch
from torch import nn


# --8<-- [start:backward_in_parts]
def backward_in_parts(
        model: nn.Module,
        parts: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Add the gradient of the batch to `model`, part by part.

    A part is an input and its targets (B, L), -100 where they
    are to be ignored; the model gives logits (B, L, C).
    """
    raise NotImplementedError(
        "count, then one backward a part")
# --8<-- [end:backward_in_parts]
