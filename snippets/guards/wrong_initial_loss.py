"""Models and losses whose first loss is not that of a guess."""

import torch
from torch import nn


# --8<-- [start:softmax_last]
class SoftmaxLast(nn.Sequential):
    """Classify (N, D); the outputs (N, C) are
    probabilities."""

    def __init__(self, features: int, classes: int) -> None:
        """Make a linear layer, and a softmax after it."""
        super().__init__(
            nn.Linear(features, classes), nn.Softmax(dim=-1))
# --8<-- [end:softmax_last]


# --8<-- [start:wide_head]
class WideHead(nn.Module):
    """Give logits (N, L, V) for ids (N, L); the head is too
    wide."""

    def __init__(self, words: int, features: int) -> None:
        """Make the embedding and the head, with weights around
        1."""
        super().__init__()
        self.embedding = nn.Embedding(words, features)
        self.norm = nn.LayerNorm(features)
        self.head = nn.Linear(features, words, bias=False)
        nn.init.normal_(self.head.weight, std=1.0)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return (N, L, V)."""
        logits: torch.Tensor = self.head(
            self.norm(self.embedding(ids)))
        return logits
# --8<-- [end:wide_head]


# --8<-- [start:head_for_labels_from_1]
def head_for_labels_from_1(
        features: int, classes: int) -> nn.Linear:
    """Make a head with one class more, as no label is 0."""
    return nn.Linear(features, classes + 1)
# --8<-- [end:head_for_labels_from_1]
