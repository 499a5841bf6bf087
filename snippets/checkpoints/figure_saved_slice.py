"""The figure of a saved slice: the memory that goes into the file."""

import io

import torch

INPUT = torch.arange(8)
OTHER = torch.arange(12)


def reloaded(x: torch.Tensor) -> torch.Tensor:
    """Save and load `x`."""
    file = io.BytesIO()
    torch.save(x, file)
    file.seek(0)
    loaded: torch.Tensor = torch.load(file)
    return loaded


def panels(table: torch.Tensor) -> list[dict[str, object]]:
    """Load two saved numbers of `table`, as a slice and as a clone."""
    found: list[dict[str, object]] = []
    first = len(table) // 2
    for name, x in (
            ("table[a:b]", table[first:first + 2]),
            ("table[a:b].clone()", table[first:first + 2].clone())):
        loaded = reloaded(x)
        numbers = loaded.untyped_storage().nbytes() // x.element_size()
        found.append({
            "title": name,
            "storage": {"loaded": loaded},
            "says": f"brings {numbers} numbers back",
        })
    return found
