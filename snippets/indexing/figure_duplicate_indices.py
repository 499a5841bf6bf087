"""The figure of duplicate indices: what is read, and what is written."""

import torch

INPUT = torch.tensor([0, 0, 0, 2])
OTHER = torch.tensor([1, 0, 1, 1])


def panels(classes: torch.Tensor) -> list[dict[str, object]]:
    """Count `classes` by an assignment, and by index_add."""
    counts = torch.zeros(3, dtype=torch.int64)
    read = counts[classes] + 1
    assigned = counts.index_put((classes,), read)
    added = counts.index_add(0, classes, torch.ones_like(classes))
    return [
        {
            "title": "counts[classes] + 1",
            "grid": read,
            "colour": classes,
            "across": [str(c) for c in classes.tolist()],
        },
        {
            "title": "assigned: one of them stays",
            "grid": assigned,
            "colour": torch.arange(3),
            "across": ["0", "1", "2"],
            "says": f"leaves {assigned[0]}",
        },
        {
            "title": "index_add: each counts",
            "grid": added,
            "colour": torch.arange(3),
            "across": ["0", "1", "2"],
            "says": f"counts {added[0]}",
        },
    ]
