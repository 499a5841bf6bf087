"""The figure of shifted labels: which token a position is asked for."""

import torch

INPUT = torch.arange(1, 7)


def panels(ids: torch.Tensor) -> list[dict[str, object]]:
    """Set tokens that have been read above those asked for."""
    found: list[dict[str, object]] = []
    for title, shift in (("no shift", 0), ("one shift", 1),
                         ("two shifts", 2)):
        read = ids[:len(ids) - shift]
        pair = torch.stack([read, ids[shift:]])
        found.append({
            "title": title,
            "grid": pair,
            "colour": (pair - ids[0]) % 6,
            "down": ["read", "asked"],
            "says": (f"asked for {pair[1, 0]}" if shift else
                     f"after token {pair[0, 0]}"),
        })
    return found
