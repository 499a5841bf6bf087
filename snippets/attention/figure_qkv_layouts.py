"""The figure of the layouts of q, k and v: the order of the rows."""

import torch

from snippets.attention.qkv_layouts import qkv_rows

INPUT = torch.arange(12)


def panels(rows: torch.Tensor) -> list[dict[str, object]]:
    """Put `rows` of two heads of two features in each layout's order."""
    names = [f"{part}{head}" for part in "QKV" for head in (0, 0, 1, 1)]
    found: list[dict[str, object]] = []
    for layout in ("(3, h, d)", "(h, 3d)", "(3d, h)"):
        order = qkv_rows(2, 2, layout)
        first = " ".join(map(str, rows[order][:6].tolist()))
        found.append({
            "title": layout,
            "grid": rows[order],
            "colour": order // 4,
            "across": [names[i] for i in order],
            "says": f"{layout} begins with the rows {first}",
        })
    return found
