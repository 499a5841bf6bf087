"""Masks and labels of several documents in one sequence."""

import torch


# --8<-- [start:document_mask]
def document_mask(document: torch.Tensor) -> torch.Tensor:
    """Return where a query sees a key: earlier in its own
    document.

    `document` (..., L) holds the number of each token's
    document as integers. The result (..., L, L) is boolean;
    True keeps a key.

    Raises: ValueError where `document` holds no integers.
    Source: https://github.com/DeepOpt-com/WrinkleFree-Monorepo/issues/53
    """
    if (document.is_floating_point() or document.is_complex()
            or document.dtype == torch.bool
            or document.dim() == 0):
        raise ValueError(
            "document must hold integers, one a token")
    same = document.unsqueeze(-1) == document.unsqueeze(-2)
    return same.tril()
# --8<-- [end:document_mask]


# --8<-- [start:next_in_document]
def next_in_document(
        ids: torch.Tensor, document: torch.Tensor,
        ignore_index: int = -100) -> torch.Tensor:
    """Return the next token of each token, as targets
    (..., L).

    `ids` (..., L) are integers of a type that holds
    `ignore_index`, and `document` has their shape. The last
    token of a document gets `ignore_index`, so the targets
    need no further shift.

    Raises: ValueError where the shapes differ.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
    """
    if ids.shape != document.shape:
        raise ValueError(f"{tuple(ids.shape)} ids, but "
                         f"{tuple(document.shape)} documents")
    target = torch.full_like(ids, ignore_index)
    same = document[..., :-1] == document[..., 1:]
    target[..., :-1] = torch.where(
        same, ids[..., 1:], ignore_index)
    return target
# --8<-- [end:next_in_document]
