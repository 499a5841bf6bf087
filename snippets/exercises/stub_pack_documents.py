"""What the exercise starts from."""

import torch


# --8<-- [start:document_mask]
def document_mask(document: torch.Tensor) -> torch.Tensor:
    """Return where a query sees a key: earlier in its own
    document.

    `document` (L,) holds the number of each token's document,
    each in one run. The result (L, L) is boolean; True keeps a
    key.
    """
    raise NotImplementedError(
        "compare, then hide what is later")
# --8<-- [end:document_mask]


# --8<-- [start:positions]
def positions(document: torch.Tensor) -> torch.Tensor:
    """Return the position (L,) of each token in its own
    document."""
    raise NotImplementedError("start at 0 in each document")
# --8<-- [end:positions]
