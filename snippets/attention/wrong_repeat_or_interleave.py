"""Copies in the order of the other layout."""

import torch


# --8<-- [start:repeat_kv_in_turn]
def repeat_kv_in_turn(kv: torch.Tensor,
                      groups: int) -> torch.Tensor:
    """Deal (B, h, S, d) out to heads in turn:
    (B, h*groups, S, d)."""
    return kv.repeat(1, groups, 1, 1)
# --8<-- [end:repeat_kv_in_turn]


# --8<-- [start:masks_of_other_samples]
def masks_of_other_samples(
        mask: torch.Tensor, num_heads: int) -> torch.Tensor:
    """Give row r of (B*h, L, S) the mask of sample r % B."""
    return mask.repeat(num_heads, 1, 1)
# --8<-- [end:masks_of_other_samples]
