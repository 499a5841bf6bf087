"""The figure of noise levels: which pixels each level scales."""

import torch

INPUT = torch.tensor([0.9, 0.1])


def panels(level: torch.Tensor) -> list[dict[str, object]]:
    """Scale two images of ones (2, 2) by `level` (2,), both ways."""
    images = torch.ones(2, 2, 2)
    which = torch.arange(2).expand(2, 2, 2)
    right = level.view(-1, 1, 1) * images
    wrong = level * images
    return [
        {
            "title": "with view: a level for each image",
            "grid": right,
            "colour": which.permute(2, 0, 1),
            "says": f"first image is {right[0, 0, 0]:.1f} in both columns",
        },
        {
            "title": "without: a level for each column",
            "grid": wrong,
            "colour": which,
            "says": f"{wrong[0, 0, 0]:.1f} and {wrong[0, 0, 1]:.1f}",
        },
    ]
