"""The figure of spatial targets: the rows that the loss reads."""

import torch

INPUT = torch.arange(8).view(2, 2, 2)


def panels(logits: torch.Tensor) -> list[dict[str, object]]:
    """Flatten `logits` (C, H, W) of two classes in both ways."""
    of_class = torch.arange(2)[:, None, None].expand(2, 2, 2).contiguous()

    def moved(t: torch.Tensor) -> torch.Tensor:
        return t.movedim(0, -1).reshape(-1, 2)

    def viewed(t: torch.Tensor) -> torch.Tensor:
        return t.view(-1, 2)

    def first(t: torch.Tensor) -> str:
        a, b = t[0].tolist()
        return f"the first row is {a} {b}"

    return [
        {
            "title": "logits: class 0, class 1",
            "grid": logits,
            "colour": of_class,
        },
        {
            "title": "movedim(1, -1)",
            "grid": moved(logits),
            "colour": moved(of_class),
            "down": "pixel",
            "says": first(moved(logits)),
        },
        {
            "title": "view(-1, 2)",
            "grid": viewed(logits),
            "colour": viewed(of_class),
            "down": "pixel",
            "says": first(viewed(logits)),
        },
    ]
