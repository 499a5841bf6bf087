"""Positions and last tokens of padded prompts."""

import torch


# --8<-- [start:positions_without_padding]
def positions_without_padding(
        keep: torch.Tensor) -> torch.Tensor:
    """Count the real tokens of each row from 0; padding gets 0
    or more.

    `keep` (B, L) holds booleans, or 0 and 1, and is True at
    real tokens, on either side of the padding. The result is
    int64.

    Raises: ValueError where `keep` is neither boolean nor
    integer.
    Source: https://github.com/ndif-team/nnsight/pull/673
    """
    if keep.is_floating_point() or keep.is_complex():
        raise ValueError(
            f"keep must be boolean, not {keep.dtype}")
    return (keep.bool().cumsum(-1) - 1).clamp(min=0)
# --8<-- [end:positions_without_padding]


# --8<-- [start:at_last_real]
def at_last_real(
        x: torch.Tensor, keep: torch.Tensor) -> torch.Tensor:
    """Return x (B, L, ...) at the last real token of each row:
    (B, ...).

    `keep` (B, L) is True, or above 0, at real tokens, on
    either side of the padding. In a row without a real token,
    place 0 is read.

    Raises: ValueError where the two leading axes of `x` and
        `keep` differ, IndexError where L is 0, or
        NotImplementedError where torch cannot compare `keep`
        (uint16, 32 and 64 on a CPU).
    Source: https://docs.pytorch.org/docs/stable/generated/torch.argmax.html
    """
    if keep.dim() != 2 or x.shape[:2] != keep.shape:
        raise ValueError(
            f"x {tuple(x.shape)} does not begin with the shape of "
            f"keep {tuple(keep.shape)}")
    place = (keep > 0).cumsum(1).argmax(1)
    return x[torch.arange(len(x), device=x.device), place]
# --8<-- [end:at_last_real]
