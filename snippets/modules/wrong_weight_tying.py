"""Two parameters in one memory, which is no tie."""

from torch import nn


# --8<-- [start:tie_data]
def tie_data(embedding: nn.Embedding, head: nn.Linear) -> None:
    """Share the memory of two parameters, until a cast, for
    example."""
    head.weight.data = embedding.weight.data
# --8<-- [end:tie_data]
