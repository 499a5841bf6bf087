"""Top-p filters that keep other tokens than they should."""

import torch


# --8<-- [start:without_the_first]
def without_the_first(
        logits: torch.Tensor, top_p: float) -> torch.Tensor:
    """Return `logits` (..., V) without the token that crosses
    `top_p`."""
    probs, order = logits.softmax(-1).sort(-1, descending=True)
    remove = probs.cumsum(-1) > top_p
    remove = torch.zeros_like(remove).scatter(
        -1, order, remove)
    return logits.masked_fill(remove, -torch.inf)
# --8<-- [end:without_the_first]


# --8<-- [start:in_sorted_order]
def in_sorted_order(
        logits: torch.Tensor, top_p: float) -> torch.Tensor:
    """Return `logits` (..., V) masked in the order of the
    sort."""
    probs, _ = logits.softmax(-1).sort(-1, descending=True)
    remove = probs.cumsum(-1) - probs >= top_p
    return logits.masked_fill(remove, -torch.inf)
# --8<-- [end:in_sorted_order]
