"""Poolings over tokens that leave the padding out."""

import torch


# --8<-- [start:mean_of_kept]
def mean_of_kept(x: torch.Tensor,
                 keep: torch.Tensor) -> torch.Tensor:
    """Return the mean of the kept tokens: (B, L, D) to (B, D).

    `keep` is boolean, (B, L). A sample without tokens gives
    zeros.

    Raises: TypeError where `x` is not floating or `keep` not
    boolean.
    Source: https://github.com/huggingface/sentence-transformers/issues/230
    """
    if not x.is_floating_point() or keep.dtype != torch.bool:
        raise TypeError(
            f"x is {x.dtype}, keep is {keep.dtype}")
    wide = torch.promote_types(x.dtype, torch.float32)
    total = x.masked_fill(~keep[..., None], 0).sum(
        dim=1, dtype=wide)
    count = keep.sum(dim=1, keepdim=True).clamp(min=1)
    return (total / count).to(x.dtype)
# --8<-- [end:mean_of_kept]


# --8<-- [start:max_of_kept]
def max_of_kept(x: torch.Tensor,
                keep: torch.Tensor) -> torch.Tensor:
    """Return the maximum of the kept tokens: (B, L, D) to
    (B, D).

    `keep` is boolean, (B, L). A sample without tokens gives
    zeros.

    Raises: TypeError where `x` is not floating or `keep` not
    boolean.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.amax.html
    """
    if not x.is_floating_point() or keep.dtype != torch.bool:
        raise TypeError(
            f"x is {x.dtype}, keep is {keep.dtype}")
    if x.shape[1] == 0:
        return x.sum(dim=1)
    lowest = x.masked_fill(~keep[..., None],
                           float("-inf")).amax(dim=1)
    return lowest.masked_fill(
        ~keep.any(dim=1, keepdim=True), 0)
# --8<-- [end:max_of_kept]


# --8<-- [start:last_kept]
def last_kept(x: torch.Tensor,
              keep: torch.Tensor) -> torch.Tensor:
    """Return the last kept token: (B, L, D) to (B, D).

    `keep` is boolean, (B, L), with padding on either side. A
    sample without tokens gives its first place, so L is at
    least 1.

    Raises: TypeError where `keep` is not boolean.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.argmax.html
    """
    if keep.dtype != torch.bool:
        raise TypeError(f"keep is {keep.dtype}, not boolean")
    places = torch.arange(keep.shape[1], device=keep.device)
    last = (places * keep).argmax(dim=1)
    return x[torch.arange(len(x), device=x.device), last]
# --8<-- [end:last_kept]
