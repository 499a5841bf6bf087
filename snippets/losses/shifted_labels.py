"""The loss of a causal language model, shifted once."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F

from snippets.guards.judge import Undecided


# --8<-- [start:next_token_loss]
def next_token_loss(
        logits: torch.Tensor, ids: torch.Tensor,
        keep: torch.Tensor) -> torch.Tensor:
    """Return the mean loss of the kept tokens from the second
    on.

    `logits` (B, L, C); `ids` and `keep` (B, L), keep False or
    0 for padding. The logits at position i are for the token
    at i + 1.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
    """
    labels = ids.long().masked_fill(~keep.bool(), -100)
    return F.cross_entropy(
        logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
# --8<-- [end:next_token_loss]


# --8<-- [start:keep_to_first]
def keep_to_first(ids: torch.Tensor, end: int) -> torch.Tensor:
    """Tell which of `ids` (B, L) stand no later than the first
    `end`.

    The ids are padded on the right, not on the left. The first
    token is no end: some models begin a text with it.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cumsum.html

    >>> keep_to_first(torch.tensor([[5, 7, 0, 0, 0]]), end=0)
    tensor([[ True,  True,  True, False, False]])
    """
    ends = (ids == end).long()
    ends[:, :1] = 0
    return ends.cumsum(dim=1) - ends == 0
# --8<-- [end:keep_to_first]


# --8<-- [start:assert_next_token]
def assert_next_token(
        loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        ids: torch.Tensor, num_classes: int) -> None:
    """Fail unless telling the next token makes the loss least.

    `loss` takes logits (B, L, C) and ids (B, L), both copies.
    The ids lie between 0 and `num_classes` - 1.

    Raises:
        AssertionError: with the number of places ahead.
        Undecided: two places have the least loss, as for
            constant ids, or a loss is not finite.
    Source: https://github.com/huggingface/transformers/pull/44642
    """
    costs = {}
    for ahead in range(-1, 4):
        told = F.one_hot(ids.long().roll(-ahead, dims=1),
                         num_classes)
        costs[ahead] = loss(100.0 * told, ids.clone()).item()
    best, second = sorted(costs, key=costs.__getitem__)[:2]
    if (not all(map(math.isfinite, costs.values()))
            or costs[best] == costs[second]):
        raise Undecided(
            "give ids that vary, and a finite loss")
    assert best == 1, (
        f"the loss asks for the token {best} places ahead, not 1: "
        f"are the labels shifted never, or twice?")
# --8<-- [end:assert_next_token]


# --8<-- [start:assert_end_is_learned]
def assert_end_is_learned(
        loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        ids: torch.Tensor, end: int, num_classes: int) -> None:
    """Fail where no gradient raises the first `end` of a row.

    `loss` takes logits (B, L, C) and ids (B, L), both copies.
    The first token of a row is not taken for its end.

    Raises:
        AssertionError: with the rows.
        Undecided: no row has an end, or one begins with two:
            it is padded on the left.
    Source: https://github.com/huggingface/transformers/issues/23530
    """
    with torch.inference_mode(False), torch.enable_grad():
        logits = torch.zeros(
            *ids.shape, num_classes, device=ids.device,
            requires_grad=True)
        value = loss(logits.clone(), ids.clone())
        gradient = torch.zeros_like(logits)
        if value.requires_grad:
            gradient, = torch.autograd.grad(value, logits)
    asked = gradient[:, :, end] < 0
    texts = {b: row for b, row in enumerate(ids.tolist())
             if end in row[1:]}
    if not texts or any(row[:2] == [end] * 2
                        for row in texts.values()):
        raise Undecided(
            "give rows with an end, padded on the right")
    rows = [b for b, row in texts.items()
            if not asked[b, row.index(end, 1) - 1]]
    assert not rows, (
        f"rows {rows} never learn to end: is the end token masked "
        f"because padding has the same number?")
# --8<-- [end:assert_end_is_learned]
