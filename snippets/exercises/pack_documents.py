"""Positions of packed documents, and the checks of the exercise."""

from collections.abc import Callable

import torch
import torch.nn.functional as F


# --8<-- [start:positions]
def positions(document: torch.Tensor) -> torch.Tensor:
    """Return the position of each token in its own document.

    `document` (L,) holds integers, each in one run; the result
    (L,) is int64.

    Raises: ValueError unless `document` is (L,) and of
    integers.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.cummax.html

    >>> positions(torch.tensor([7, 7, 7, 2, 2]))
    tensor([0, 1, 2, 0, 1])
    """
    if (document.dim() != 1 or document.is_floating_point()
            or document.is_complex()
            or document.dtype == torch.bool):
        raise ValueError("document must be (L,), of integers")
    place = torch.arange(len(document), device=document.device)
    if not len(place):
        return place
    starts = F.pad(document[1:] != document[:-1], (1, 0),
                   value=True)
    return place - (place * starts).cummax(0).values
# --8<-- [end:positions]


# --8<-- [start:check_document_mask]
def check_document_mask(
    answer: Callable[[torch.Tensor], torch.Tensor],
) -> str:
    """Attend with the mask of documents of 3, 1 and 2 tokens.

    Raises: AssertionError with a likely cause where a query
        sees another token than it should.
    """
    document = torch.tensor([7, 7, 7, 2, 5, 5])
    mask, L = answer(document), 6
    assert mask.shape == (L, L), (
        f"the mask of 6 tokens is {tuple(mask.shape)}, not (6, 6): "
        "compare document[:, None] with document")
    # equal scores, and the identity as values: the weights
    # come out
    q = torch.zeros(1, L, 2)
    if mask.is_floating_point():
        mask = mask.to(q)
    sees = (F.scaled_dot_product_attention(
        q, q,
        torch.eye(L)[None], attn_mask=mask[None])[0]
            > 0).cpu()
    number = document.cpu()
    same = number[:, None] == number
    causal = torch.ones_like(same).tril()
    causes = [
        (same & causal, ""),
        (causal,
         "the mask is causal, and documents see the earlier "
         "ones; keep a key of the same document alone"),
        (same,
         "a token sees later tokens of its own document; add the "
         "causal mask, by tril"),
        (same & causal.tril(-1),
         "a token does not see itself; the "
         "diagonal belongs to what is kept"),
        (same & causal.T,
         "a token sees the later tokens; rows are "
         "queries, so take tril, and not triu"),
        (~(same & causal),
         "True keeps a key in a boolean attn_mask, "
         "and yours is True where it should hide"),
        (torch.ones_like(same),
         "each token sees all; floats are added "
         "to the scores, so give booleans, or 0 and -inf"), ]
    row = int((sees != causes[0][0]).any(1).int().argmax())
    cause = next(
        (says for wrong, says in causes
         if torch.equal(sees, wrong)),
        "a query sees a key that is in the same document and "
        "not later")
    assert not cause, (
        f"token {row} sees {sees[row].nonzero().flatten().tolist()}, not "
        f"{causes[0][0][row].nonzero().flatten().tolist()}: {cause}")
    return "all 6 tokens see their own document"
# --8<-- [end:check_document_mask]


# --8<-- [start:check_positions]
def check_positions(
    answer: Callable[[torch.Tensor], torch.Tensor],
) -> str:
    """Ask for the positions in documents of 3, 1 and 2 tokens.

    Raises: AssertionError with a likely cause where one is
    wrong.
    """
    document = torch.tensor([7, 7, 7, 2, 5, 5])
    got = answer(document).tolist()
    causes = {
        (0, 1, 2, 3, 4, 5):
            "they go on from one document to the next; "
            "start again at 0 in each document",
        (1, 2, 3, 1, 1, 2):
            "they start at 1, so row 0 of an embedding "
            "of positions is never read; start at 0",
        (2, 1, 0, 0, 1, 0):
            "they count backwards; count from the start "
            "of each document",}
    cause = causes.get(
        tuple(got), "count the tokens of each document "
        "from its start, beginning with 0")
    assert got == [
        0, 1, 2, 0, 0, 1
    ], (f"the positions are {got}, not [0, 1, 2, 0, 0, 1]: {cause}")
    one = answer(torch.tensor([0, 0])).tolist()
    assert one == [
        0, 1
    ], (f"one document alone has the positions {one}, not [0, 1]: is "
        "the first token the start of a document?")
    return "all positions start at 0"
# --8<-- [end:check_positions]
