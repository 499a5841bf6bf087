"""Labels that are shifted never or twice, and an end that is masked."""

import torch
import torch.nn.functional as F


# --8<-- [start:loss_without_shift]
def loss_without_shift(logits: torch.Tensor,
                       ids: torch.Tensor) -> torch.Tensor:
    """Ask for the token that is the input: (B, L, C) and
    (B, L)."""
    return F.cross_entropy(logits.flatten(0, 1), ids.flatten())
# --8<-- [end:loss_without_shift]


# --8<-- [start:loss_shifted_twice]
def loss_shifted_twice(logits: torch.Tensor,
                       ids: torch.Tensor) -> torch.Tensor:
    """Ask for the token after the next: (B, L, C) and
    (B, L)."""
    # in the data set
    logits, labels = logits[:, :-1], ids[:, 1:]
    # in the model
    logits, labels = logits[:, :-1], labels[:, 1:]
    return F.cross_entropy(logits.flatten(0, 1),
                           labels.flatten())
# --8<-- [end:loss_shifted_twice]


# --8<-- [start:loss_without_end]
def loss_without_end(logits: torch.Tensor,
                     ids: torch.Tensor) -> torch.Tensor:
    """Ignore token 0, the padding and the end: (B, L, C),
    (B, L)."""
    return F.cross_entropy(
        logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten(),
        ignore_index=0)
# --8<-- [end:loss_without_end]
