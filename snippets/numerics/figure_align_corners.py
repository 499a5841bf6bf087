"""The figure of align_corners: where a row of pixels is sampled."""

import torch
import torch.nn.functional as F

INPUT = torch.tensor([4, 7])


def panels(sizes: torch.Tensor) -> list[dict[str, object]]:
    """Sample `sizes[0]` pixels at -1 to 1, and at `sizes[1]`."""
    old, new = sizes.tolist()
    row = torch.arange(old).double()
    found: list[dict[str, object]] = []

    def sampled(aligned: bool) -> torch.Tensor:
        centres = F.affine_grid(
            torch.eye(2, 3)[None].double(), [1, 1, 2, old],
            align_corners=aligned)[0, 0, :, 0]
        x = torch.linspace(-1, 1, old).double()
        return (x - centres[0]) / (centres[1] - centres[0])

    def resized(aligned: bool) -> torch.Tensor:
        return F.interpolate(
            row.view(1, 1, old), new, mode="linear",
            align_corners=aligned)[0, 0]

    for title, function in (
            (f"linspace(-1, 1, {old}) in grid_sample", sampled),
            (f"interpolate from {old} to {new}", resized)):
        true, false = function(True), function(False)
        found.append({
            "title": title,
            "pixels": row.long().expand(2, old),
            "points": {
                "True": torch.stack([true, true * 0], dim=1),
                "False": torch.stack([false, false * 0 + 1], dim=1),
            },
            "says": (
                f"from {true[0]:g} to {true[-1]:g} with True, and "
                f"from {false[0]:g} to {false[-1]:g} with False"
                if function is sampled else
                f"are {true[2] - true[1]:.2f} of a pixel apart with "
                f"True and {false[2] - false[1]:.2f} with False"),
        })
    return found
