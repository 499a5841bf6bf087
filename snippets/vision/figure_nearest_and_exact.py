"""The figure of nearest: the pixel that each new one takes."""

import torch
import torch.nn.functional as F

INPUT = torch.tensor([5, 3])
OTHER = torch.tensor([7, 3])


def panels(sizes: torch.Tensor) -> list[dict[str, object]]:
    """Resize a row from `sizes[0]` to `sizes[1]` pixels."""
    old, new = sizes.tolist()
    row = torch.arange(old).double()
    modes = {"centre of the new pixel": "linear",
             "nearest": "nearest",
             "nearest-exact": "nearest-exact"}
    taken = {
        name: F.interpolate(row.view(1, 1, old), new, mode=mode)[0, 0]
        for name, mode in modes.items()}

    def says(x: torch.Tensor) -> str:
        return " ".join(f"{v:g}" for v in x.tolist())

    return [
        {
            "title": f"from {old} pixels to {new}",
            "pixels": row.long().expand(3, old),
            "points": {
                name: torch.stack([x, torch.full_like(x, i)], dim=1)
                for i, (name, x) in enumerate(taken.items())},
            "says": [
                f"nearest takes {says(taken['nearest'])}",
                f"nearest-exact {says(taken['nearest-exact'])}",
            ],
        },
    ]
