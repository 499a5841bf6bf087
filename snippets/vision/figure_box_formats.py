"""The figure of box formats: the same numbers, read in two ways."""

import torch

INPUT = torch.tensor([[10.0, 10, 40, 20], [20, 10, 40, 20]])
OTHER = torch.tensor([[10.0, 10, 30, 20], [20, 10, 40, 20]])


def panels(boxes: torch.Tensor) -> list[dict[str, object]]:
    """Draw `boxes` (2, 4) as corner and size, and as two corners."""
    left = 10 * torch.arange(7).expand(4, 7)

    def iou(corners: torch.Tensor) -> float:
        a, b = corners
        low = torch.maximum(a[:2], b[:2])
        high = torch.minimum(a[2:], b[2:])
        shared = (high - low).clamp(min=0).prod()
        both = (corners[:, 2:] - corners[:, :2]).prod(1).sum()
        return (shared / (both - shared)).item()

    corners = torch.cat(
        [boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], dim=1)
    words = [" ".join(f"{v:g}" for v in box)
             for box in boxes.tolist()]
    return [
        {
            "title": title,
            "pixels": left,
            "boxes": {name: given[i:i + 1] / 10 - 0.5
                      for i, name in enumerate(words)},
            "says": f"{how}, their IoU is {iou(given):.3g}",
        }
        for title, how, given in (
            ("xywh", "As corner and size", corners),
            ("read as xyxy", "As two corners", boxes),
        )
    ]
