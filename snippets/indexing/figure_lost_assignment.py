"""The figure of a lost assignment: what the first bracket returns."""

import torch

INPUT = torch.arange(6).view(3, 2)


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Show the memory of a slice and of a list of rows of `x` (3, 2)."""
    a, b = x[[0]][0].tolist()
    return [
        {
            "title": "colours: the rows",
            "storage": {"x": x, "x[0:1]": x[0:1], "x[[0]]": x[[0]]},
            "says": f"a copy of the numbers {a} {b}",
        },
    ]
