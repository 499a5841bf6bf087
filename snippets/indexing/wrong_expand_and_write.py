"""A write to one sample that reaches all of them."""

import torch


# --8<-- [start:mask_first_sample_only]
def mask_first_sample_only(
        mask: torch.Tensor, batch: int) -> torch.Tensor:
    """Return `mask` (T,) as (batch, T), half of all rows 0."""
    masks = mask.expand(batch, -1)
    masks[0][len(mask) // 2:] = 0
    return masks
# --8<-- [end:mask_first_sample_only]
