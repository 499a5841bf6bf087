"""A model with tied weights, and a test that they are tied."""

import torch
from torch import nn


# --8<-- [start:tied_language_model]
class TiedLanguageModel(nn.Module):
    """Embed tokens and score them with the same matrix.

    Source: https://arxiv.org/abs/1608.05859

    >>> len(list(TiedLanguageModel(5, 2).parameters()))
    1
    """

    def __init__(self, vocabulary: int, features: int) -> None:
        """Hold one matrix (vocabulary, features)."""
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, features)
        self.head = nn.Linear(features, vocabulary, bias=False)
        self.tie_weights()

    def tie_weights(self) -> None:
        """Make both names one parameter; call it after
        to_empty."""
        self.head.weight = self.embedding.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return logits (..., vocabulary) for tokens (...)."""
        logits: torch.Tensor = self.head(
            self.embedding(tokens))
        return logits
# --8<-- [end:tied_language_model]


# --8<-- [start:assert_tied]
def assert_tied(model: nn.Module, first: str,
                second: str) -> None:
    """Check that two dotted names are one parameter of model.

    Raises:
        AssertionError: they are two parameters.
        AttributeError: a name is no parameter.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.get_parameter
    """
    one, other = map(model.get_parameter, (first, second))
    assert one is other, (
        f"{first} and {second} are two parameters: tie them again")
# --8<-- [end:assert_tied]
