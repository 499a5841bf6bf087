"""The check of the exercise on causal attention with a cache."""

from collections.abc import Callable

import torch
import torch.nn.functional as F


# --8<-- [start:check_causal_with_cache]
def check_causal_with_cache(
    answer: Callable[
        [torch.Tensor, torch.Tensor, torch.Tensor],
        torch.Tensor],
) -> str:
    """Attend in one pass, and with caches of 0, 2 and 5
    tokens.

    Raises: AssertionError with a likely cause where they
    differ.
    """
    q, k, v = torch.randn(3, 1, 2, 6, 4).unbind()
    whole = F.scaled_dot_product_attention(
        q, k, v, is_causal=True)
    for first, last in [(0, 6), (0, 3), (5, 6), (2, 5)]:
        new, S, L = q[:, :, first:last], last, last - first
        here = f"{L} queries, {S} keys: "
        # the identity as values: the output is the weights
        seen = answer(new, k[:, :, :S],
                      torch.eye(S).expand(1, 2, S, S))
        assert seen.shape == (1, 2, L, S), (
            f"{here}the result is {tuple(seen.shape)}, not (..., L, e): "
            "is the mask (L, S), and the softmax over the keys?")
        sees = (seen[0, 0] > 0).cpu()
        place = torch.arange(first, last, device="cpu")[:, None]
        key = torch.arange(S, device="cpu")
        causes = [
            (key <= place, ""),
            (key <= place - first,
             "the rows count from the first key, "
             "as is_causal does; move the diagonal right by S - L"
             ),
            (key >= 0 * place,
             "it sees keys that come later; mask them, "
             "by False or by -inf"),
            (key < place,
             "it does not see its own place; the diagonal "
             "belongs to what is kept"),
            (key > place,
             "True keeps a key in a boolean attn_mask, and "
             "yours is True where it should hide"),
            (key
             <= place + 1, "it sees one key too many; is the "
             "diagonal S - L, and not S - L + 1?"), ]
        cause = next(
            (says for wanted, says in causes
             if torch.equal(sees, wanted.expand(L, S))),
            "query i stands at place i + S - L and sees the "
            "keys up to this place")
        row = int((sees != (key
                            <= place)).any(1).int().argmax())
        assert not cause, (
            f"{here}query {row} sees the keys "
            f"{key[sees[row]].tolist()}, not 0 to {first + row}: {cause}")
        got = answer(new, k[:, :, :S], v[:, :, :S])
        want = whole[:, :, first:last]
        assert torch.allclose(got.to(want), want, atol=1e-5), (
            f"{here}each query sees the right keys with wrong weights: "
            "softmax of q kᵀ / √d, with -inf added where it is hidden")
    return "all 13 queries see the right keys"
# --8<-- [end:check_causal_with_cache]
