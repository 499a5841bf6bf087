"""Initialization that leaves padding rows at zero, and its test."""

import torch
from torch import nn


# --8<-- [start:init_embeddings]
@torch.no_grad()
def init_embeddings(module: nn.Module) -> None:
    """Draw an embedding's rows, and zero its padding row.

    For `model.apply`; modules other than nn.Embedding and
    nn.EmbeddingBag are left as they are.

    Raises:
        RuntimeError: the weight is of an integer or float8
            dtype.
        TypeError: the weight is computed, as by weight_norm.


    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Embedding.html

    >>> embedding = nn.Embedding(3, 2, padding_idx=1)
    >>> init_embeddings(embedding)
    >>> embedding.weight[1].tolist()
    [0.0, 0.0]
    """
    if isinstance(module, (nn.Embedding, nn.EmbeddingBag)):
        if not isinstance(module.weight, nn.Parameter):
            raise TypeError(
                "the weight is computed: draw it before weight_norm")
        nn.init.normal_(module.weight, std=0.02)
        if module.padding_idx is not None:
            module.weight[module.padding_idx].zero_()
# --8<-- [end:init_embeddings]


# --8<-- [start:assert_padding_rows_zero]
def assert_padding_rows_zero(model: nn.Module) -> None:
    """Check the padding row of each embedding of model.

    Raises:
        AssertionError: says which row is not zero.
        RuntimeError: a padding row is on meta, so it has no
            numbers.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Embedding.html

    >>> assert_padding_rows_zero(nn.Embedding(3, 2, padding_idx=0))
    """
    for name, module in model.named_modules():
        if isinstance(module, (nn.Embedding, nn.EmbeddingBag)):
            row = module.padding_idx
            assert row is None or not module.weight[row].any(), (
                f"row {row} of {name}.weight is not zero:"
                " zero it again after an init, a load or from_pretrained")
# --8<-- [end:assert_padding_rows_zero]
