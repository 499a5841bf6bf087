"""Parts that were frozen and move."""

import torch
from torch import nn


# --8<-- [start:train_last_row_only]
def train_last_row_only(
        embedding: nn.Embedding, words: torch.Tensor) -> None:
    """Train the last row; set the other rows' gradients to 0.

    `words` (B) holds indices of rows.
    """
    optimizer = torch.optim.AdamW(embedding.parameters())
    for _ in range(3):
        optimizer.zero_grad()
        embedding(words).exp().mean().backward()
        if embedding.weight.grad is not None:
            embedding.weight.grad[:-1] = 0
        optimizer.step()
# --8<-- [end:train_last_row_only]


# --8<-- [start:freeze_by_eval]
def freeze_by_eval(model: nn.Module) -> nn.Module:
    """Stop the running statistics of `model`, and not its
    weights."""
    return model.eval()
# --8<-- [end:freeze_by_eval]
