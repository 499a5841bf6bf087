"""The figure of image patches: which pixels share a patch."""

import torch

INPUT = torch.arange(24).reshape(4, 6)


def panels(
    image: torch.Tensor,
) -> list[tuple[str, torch.Tensor, torch.Tensor]]:
    """Colour `image` (4, 6) by the patch 2 × 2 of each pixel, both ways."""
    patch = torch.arange(6)
    right = patch.reshape(2, 1, 3, 1).expand(2, 2, 3, 2)
    wrong = patch.reshape(2, 1, 1, 3).expand(2, 2, 2, 3)
    return [
        ("W split into (W', p_W)", image, right.reshape(4, 6)),
        ("W split into (p_W, W')", image, wrong.reshape(4, 6)),
    ]
