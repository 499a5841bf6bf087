"""Layer norm over the columns of an image, meant for its channels."""

import torch
import torch.nn.functional as F


# --8<-- [start:layer_norm_over_columns]
def layer_norm_over_columns(
        images: torch.Tensor) -> torch.Tensor:
    """Normalize images (B, C, H, W) over W; raises unless C ==
    W."""
    return F.layer_norm(images, (images.shape[1],))
# --8<-- [end:layer_norm_over_columns]
