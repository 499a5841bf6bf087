"""The check of the exercise on top-p sampling."""

from collections.abc import Callable

import torch


# --8<-- [start:check_top_p_filter]
def check_top_p_filter(
    answer: Callable[[torch.Tensor, float], torch.Tensor],
) -> str:
    """Filter three rows by several p, and look at what stays.

    Raises: AssertionError with a likely cause where it is
    wrong.
    """
    rows = [[0.5, 0.3, 0.15, 0.05], [0.05, 0.15, 0.3, 0.5],
            [0.15, 0.05, 0.7, 0.1]]
    p = torch.tensor(rows)
    logits = p.log() + torch.tensor([[0.0], [3], [-9]])
    down = p.argsort(-1, descending=True)
    rank = down.argsort(-1)
    sums = p.gather(-1, down).cumsum(-1)

    def first(count: torch.Tensor) -> torch.Tensor:
        # the most probable tokens of each row
        return rank < count

    for top_p in (0.6, 0.9, 0.4, 1.0):
        below = (sums < top_p - 1e-6).sum(-1, keepdim=True)
        want = first(below + 1)
        got = answer(logits.clone(), top_p)
        assert got.shape == logits.shape, (
            f"(3, 4) becomes {tuple(got.shape)}: keep each token in its "
            "place, with -inf where it is removed")
        kept, gone = got > -torch.inf, got[~want]
        assert not gone.numel() or gone.any(), (
            "the removed tokens have 0, and softmax takes 0 for a logit "
            "like any other: give them -inf")
        causes = [
            (want, ""),
            (first(below),
             "the token at which the sum reaches p is "
             "missing; keep a token if those before it sum to less"
             ),
            (first(below + 2),
             "one token too many stays: keep a token "
             "if those before it sum to less than p"),
            (want.gather(-1,
                         down), "the mask is in sorted order; "
             "scatter it back to the order of the vocabulary"),
            (1 - sums.gather(-1, rank)
             < top_p - 1e-6, "this sums from "
             "the least probable token on; sort with descending=True"
             ),
            (p >= top_p,
             "each token is compared with p; compare the "
             "sum of the tokens before it"),
            (want[:1].expand(
                3, 4), "each row has the tokens of the "
             "first row; sort each row, along dim=-1"), ]
        cause = next(
            (says for wrong, says in causes
             if torch.equal(kept, wrong)),
            "sort the probabilities (not the logits), sum them, "
            "and keep a token if those before it sum to less")
        row = int((kept != want).any(-1).int().argmax())
        assert not cause, (
            f"p = {top_p}, probabilities {rows[row]}: "
            f"{kept[row].nonzero().flatten().tolist()} stay, not "
            f"{want[row].nonzero().flatten().tolist()}: {cause}")
        wanted = p.masked_fill(~want, 0)
        wanted = wanted / wanted.sum(-1, keepdim=True)
        assert torch.allclose(
            got.softmax(-1).to(p), wanted, atol=1e-5
        ), (f"p = {top_p}: the right tokens stay with other numbers; "
            "return the logits of these tokens, and not probabilities"
            )
    return "all 12 rows keep the right tokens"
# --8<-- [end:check_top_p_filter]
