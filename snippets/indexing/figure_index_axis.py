"""The figure of the axis of an index: what becomes the first axis."""

import torch

INPUT = torch.arange(36).view(2, 3, 2, 3)


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Pick from `x` (2, 3, 2, 3) by two indices around a slice."""
    i = torch.tensor([0, 2])
    sample = torch.arange(2)[:, None, None, None].expand_as(x)
    picked, colour = x[:, i, :, i], sample[:, i, :, i]

    def rows(t: torch.Tensor) -> str:
        return " and ".join(f"{a} {b}" for a, b in t.tolist())

    return [
        {
            "title": "x: samples down, channels across",
            "grid": x,
            "colour": sample,
            "mark": torch.isin(x, picked),
        },
        {
            "title": "x[:, i, :, i]",
            "grid": picked,
            "colour": colour,
            "says": f"first block holds {rows(picked[0])}",
        },
        {
            "title": "….movedim(0, 1)",
            "grid": picked.movedim(0, 1),
            "colour": colour.movedim(0, 1),
            "says": f"it holds {rows(picked.movedim(0, 1)[0])}",
        },
    ]
