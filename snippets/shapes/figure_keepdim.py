"""The figure of keepdim: by which sum each number is divided."""

import torch

INPUT = torch.tensor([[1, 3], [2, 8]])


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Show `x` (2, 2) and the sums of its rows as broadcasting does."""
    row = torch.arange(2)
    sums = x.sum(1)
    return [
        {"title": "x", "grid": x, "colour": row[:, None].expand(2, 2)},
        {
            "title": "x.sum(1, keepdim=True), repeated",
            "grid": sums[:, None].expand(2, 2),
            "colour": row[:, None].expand(2, 2),
            "says": f"The sums are {sums[0]} and {sums[1]}",
        },
        {
            "title": "x.sum(1), repeated",
            "grid": sums.expand(2, 2),
            "colour": row.expand(2, 2),
            "says": f"the {x[0, 1]} of the first row meets {sums[1]}",
        },
    ]
