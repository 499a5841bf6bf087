"""A write through `reshape`, which reaches the input or does not."""

import torch


# --8<-- [start:clear_through_reshape]
def clear_through_reshape(image: torch.Tensor) -> torch.Tensor:
    """Return `image` (H, W) with every second pixel 0, in its
    memory or not."""
    flat = image.reshape(-1)
    flat[::2] = 0
    return flat.view(image.shape)
# --8<-- [end:clear_through_reshape]
