"""Functions whose output does not follow a change of the input."""

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:add_positions_of_samples]
def add_positions_of_samples(x: torch.Tensor) -> torch.Tensor:
    """Add to `x` (B, L, D) waves that should follow L."""
    B, _, D = x.shape
    places = torch.arange(B, device=x.device).view(B, 1, 1)
    waves = 1 / 100 ** (torch.arange(D, device=x.device) / D)
    return x + (places * waves).sin()
# --8<-- [end:add_positions_of_samples]


# --8<-- [start:nll_over_the_batch]
def nll_over_the_batch(
    logits: torch.Tensor, target: torch.Tensor
) -> torch.Tensor:
    """Return the loss of logits (N, C) and classes (N,)."""
    return F.nll_loss(F.log_softmax(logits, dim=0), target)
# --8<-- [end:nll_over_the_batch]


# --8<-- [start:mean_iou_of_all_classes]
def mean_iou_of_all_classes(
    logits: torch.Tensor, target: torch.Tensor
) -> torch.Tensor:
    """Return the mean IoU of logits (N, C) and classes
    (N,)."""
    C = logits.shape[1]
    found = F.one_hot(logits.argmax(dim=1), C).bool()
    wanted = F.one_hot(target, C).bool()
    both, either = (found & wanted).sum(0), (found
                                             | wanted).sum(0)
    return (both / either.clamp(min=1)).mean()
# --8<-- [end:mean_iou_of_all_classes]


# --8<-- [start:positions_from_the_left]
class PositionsFromTheLeft(nn.Module):
    """Embed ids (B, L), padded on the left, with their
    positions."""


    def __init__(self, ids: int, length: int,
                 features: int) -> None:
        """Make the tables of ids and of positions."""
        super().__init__()
        self.ids = nn.Embedding(ids, features)
        self.positions = nn.Embedding(length, features)

    def places(self, keep: torch.Tensor) -> torch.Tensor:
        """Return the position of each column of `keep`
        (B, L)."""
        return torch.arange(keep.shape[1], device=keep.device)

    def forward(
        self, ids: torch.Tensor, keep: torch.Tensor
    ) -> torch.Tensor:
        """Return the mean over the kept columns, of shape
        (B, D)."""
        x = self.ids(ids) * self.positions(
            self.places(keep)).sigmoid()
        kept = keep.unsqueeze(2)
        mean: torch.Tensor = (x * kept).sum(1) / kept.sum(1)
        return mean
# --8<-- [end:positions_from_the_left]
