"""The figure of antialias: which old pixels a new one reads."""

import torch
import torch.nn.functional as F

INPUT = torch.tensor([8, 2])
OTHER = torch.tensor([9, 2])


def panels(sizes: torch.Tensor) -> list[dict[str, object]]:
    """Resize a row from `sizes[0]` to `sizes[1]` pixels."""
    old, new = sizes.tolist()
    found: list[dict[str, object]] = []
    for title, antialias in (("default", False),
                             ("antialias=True", True)):

        def shrink(
            row: torch.Tensor, antialias: bool = antialias,
        ) -> torch.Tensor:
            return F.interpolate(
                row.view(1, 1, 1, old), (1, new), mode="bilinear",
                antialias=antialias).flatten()

        weights = torch.autograd.functional.jacobian(
            shrink, torch.zeros(old))
        read = weights > 0
        found.append({
            "title": title,
            "mask": read,
            "names": {"kept": "read", "hidden": "not read"},
            "across": "old pixel",
            "down": "new",
            "says": (f"reads {read.any(0).sum()} of the {old}"
                     if not antialias else
                     f"reads {int(read.any(0).sum())}"),
        })
    return found
