"""Writes through a tensor that reach the array it was made from."""

import numpy as np
import torch


# --8<-- [start:centred_in_the_array]
def centred_in_the_array(image: np.ndarray) -> torch.Tensor:
    """Return `image` (H, W) with mean 0, and change `image`
    too."""
    x = torch.from_numpy(image)
    x -= x.mean()
    return x
# --8<-- [end:centred_in_the_array]
