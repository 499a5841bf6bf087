"""What the exercise starts from."""

import torch


# --8<-- [start:patchify]
def patchify(
    images: torch.Tensor, patch_size: tuple[int, int]
) -> torch.Tensor:
    """Split images (B, C, H, W) into patches (B, H'·W', C·p_H·p_W).

    `patch_size` is (p_H, p_W), H' = H / p_H and W' = W / p_W. Patches
    come in raster order, pixels of a patch in the order (C, p_H, p_W).
    """
    raise NotImplementedError("one reshape, one permute, one reshape")
# --8<-- [end:patchify]


# --8<-- [start:unpatchify]
def unpatchify(
    patches: torch.Tensor,
    patch_size: tuple[int, int],
    image_size: tuple[int, int],
) -> torch.Tensor:
    """Put patches (B, H'·W', C·p_H·p_W) together to (B, C, H, W).

    `patch_size` is (p_H, p_W) and `image_size` is (H, W).
    """
    raise NotImplementedError("the same three steps, backwards")
# --8<-- [end:unpatchify]
