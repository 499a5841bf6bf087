"""A call of contiguous whose result is thrown away."""

import torch


# --8<-- [start:flatten_images_by_view]
def flatten_images_by_view(
        images: torch.Tensor) -> torch.Tensor:
    """Flatten `images` (B, C, H, W), or raise in some
    layouts."""
    images.contiguous()
    return images.view(len(images), -1)
# --8<-- [end:flatten_images_by_view]
