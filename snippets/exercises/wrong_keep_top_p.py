"""Answers to the exercise on top-p that sample fluent text."""

import torch


# --8<-- [start:without_the_crossing]
def without_the_crossing(
        logits: torch.Tensor, top_p: float) -> torch.Tensor:
    """Remove the token that crosses p, as its sum is above
    p."""
    probs, order = logits.softmax(-1).sort(-1, descending=True)
    remove = probs.cumsum(-1) > top_p
    remove = torch.zeros_like(remove).scatter(
        -1, order, remove)
    return logits.masked_fill(remove, -torch.inf)
# --8<-- [end:without_the_crossing]


# --8<-- [start:in_the_order_of_the_sort]
def in_the_order_of_the_sort(
        logits: torch.Tensor, top_p: float) -> torch.Tensor:
    """Use the mask of sorted tokens for tokens in their
    order."""
    probs = logits.softmax(-1).sort(-1, descending=True).values
    before = probs.cumsum(-1) - probs
    return logits.masked_fill(before >= top_p, -torch.inf)
# --8<-- [end:in_the_order_of_the_sort]


# --8<-- [start:each_token_alone]
def each_token_alone(
        logits: torch.Tensor, top_p: float) -> torch.Tensor:
    """Compare single probabilities with p."""
    return logits.masked_fill(
        logits.softmax(-1) < top_p, -torch.inf)
# --8<-- [end:each_token_alone]


# --8<-- [start:ascending]
def ascending(logits: torch.Tensor,
              top_p: float) -> torch.Tensor:
    """Sum from the least probable token on."""
    probs, order = logits.softmax(-1).sort(-1)
    keep = probs.cumsum(-1) - probs < top_p
    keep = torch.zeros_like(keep).scatter(-1, order, keep)
    return logits.masked_fill(~keep, -torch.inf)
# --8<-- [end:ascending]
