"""What the exercise starts from."""

import torch


# --8<-- [start:patchify]
def patchify(
    images: torch.Tensor, patch: tuple[int, int]
) -> torch.Tensor:
    """Split images (B, C, H, W) into patches
    (B, H'·W', C·p_H·p_W).

    `patch` is (p_H, p_W), H' is H / p_H and W' is W / p_W.
    Patches come in raster order, pixels of a patch in the
    order (C, p_H, p_W).
    """
    raise NotImplementedError(
        "one reshape, one permute, one reshape")
# --8<-- [end:patchify]


# --8<-- [start:unpatchify]
def unpatchify(
    patches: torch.Tensor,
    size: tuple[int, int],
    patch: tuple[int, int],
) -> torch.Tensor:
    """Put patches (B, H'·W', C·p_H·p_W) together to
    (B, C, H, W).

    `size` is (H, W) and `patch` is (p_H, p_W).
    """
    raise NotImplementedError(
        "the same three steps, backwards")
# --8<-- [end:unpatchify]
