"""The figure of one-hot: where scatter_ writes."""

import torch

INPUT = torch.tensor([2, 0, 0])
OTHER = torch.tensor([1, 2, 1])


def panels(target: torch.Tensor) -> list[dict[str, object]]:
    """Write the classes of `target` (3,) in three ways."""
    classes = " ".join(map(str, target.tolist()))
    found: list[dict[str, object]] = []
    for title, dim, index in (
            ("scatter_(1, target[:, None], 1)", 1, target[:, None]),
            ("scatter_(0, target[:, None], 1)", 0, target[:, None]),
            ("scatter_(1, target[None], 1)", 1, target[None])):
        written = torch.zeros(3, 3, dtype=torch.int64)
        written.scatter_(dim, index, 1)
        first = " ".join(map(str, written[0].tolist()))
        found.append({
            "title": title,
            "grid": written,
            "colour": written - 1,
            "across": "class",
            "down": "sample",
            "says": [f"is {first}", f"classes {classes}"],
        })
    return found
