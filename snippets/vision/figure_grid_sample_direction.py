"""The figure of the direction of a warp: where the output is read."""

import torch
import torch.nn.functional as F

INPUT = torch.tensor(0.4)
OTHER = torch.tensor(-0.4)


def panels(shift: torch.Tensor) -> list[dict[str, object]]:
    """Add `shift` to x, in an image of 3 by 5 pixels."""
    theta = torch.eye(2, 3)[None]
    size = [1, 1, 3, 5]
    plain = F.affine_grid(theta, size, align_corners=False)
    moved = plain + shift * torch.tensor([1.0, 0.0])
    pixels = (plain[0, 0, 1] - plain[0, 0, 0])[0]
    read = (moved - plain[0, 0, 0])[0] / torch.stack(
        [pixels, plain[0, 1, 0, 1] - plain[0, 0, 0, 1]])
    x = torch.arange(1.0, 16.0).view(3, 5)
    column = torch.arange(5.0).expand(3, 5)

    def warp(image: torch.Tensor) -> torch.Tensor:
        return F.grid_sample(image[None, None], moved, "nearest",
                             align_corners=False)[0, 0]

    out = warp(x)
    colour = (warp(column + 1) - 1).long()
    return [
        {
            "title": "the input, and the places read",
            "pixels": x,
            "points": {"read for an output pixel":
                       read.reshape(-1, 2)},
            "colour": column.long(),
            "says": f"With {shift:.1f} added to x",
        },
        {
            "title": "the output",
            "grid": out,
            "colour": colour,
            "says": "its first row is "
                    + " ".join(f"{v:g}" for v in out[0].tolist()),
        },
    ]
