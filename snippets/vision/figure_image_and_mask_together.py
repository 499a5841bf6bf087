"""The figure of a resized mask: classes between classes."""

import torch
import torch.nn.functional as F

INPUT = torch.tensor([[0, 0], [0, 2]])
OTHER = torch.tensor([[0, 0], [0, 4]])


def panels(mask: torch.Tensor) -> list[dict[str, object]]:
    """Make `mask` (2, 2) three times as large."""
    found: list[dict[str, object]] = []
    for mode in ("bilinear", "nearest-exact"):
        big = F.interpolate(
            mask[None, None].float(), (6, 6), mode=mode)
        classes = big.round().long()[0, 0]
        between = ~torch.isin(classes, mask)
        found.append({
            "title": mode,
            "grid": classes,
            "colour": torch.where(classes > 0, classes, -1),
            "says": (f"makes {between.sum()} pixels of other classes"
                     if mode == "bilinear" else
                     f"nearest-exact keeps 0 and {classes.max()}"),
        })
    return found
