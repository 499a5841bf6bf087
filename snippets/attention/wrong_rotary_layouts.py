"""A rotation whose angles are in the other layout's order."""

import torch


# --8<-- [start:rotate_by_mixed_layouts]
def rotate_by_mixed_layouts(
        x: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    """Pair features by halves and angles by neighbours.

    `x` is (..., L, d) and `angles` is (L, d/2).
    """
    cos = angles.cos().repeat_interleave(2, dim=-1).to(x.dtype)
    sin = angles.sin().repeat_interleave(2, dim=-1).to(x.dtype)
    a, b = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-b, a), dim=-1) * sin
# --8<-- [end:rotate_by_mixed_layouts]
