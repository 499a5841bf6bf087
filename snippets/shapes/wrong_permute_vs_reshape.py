"""A reshape where the axes should have been permuted first."""

import torch


# --8<-- [start:image_to_tokens_by_reshape]
def image_to_tokens_by_reshape(
        images: torch.Tensor) -> torch.Tensor:
    """Give `images` (B, C, H, W) shape (B, H*W, C), pixels
    mixed up."""
    batch, channels, height, width = images.shape
    return images.reshape(batch, height * width, channels)
# --8<-- [end:image_to_tokens_by_reshape]
