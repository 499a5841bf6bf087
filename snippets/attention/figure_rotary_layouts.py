"""The figure of rotary layouts: which features are rotated as a pair."""

from collections.abc import Callable

import torch

from snippets.attention.rotary_layouts import (
    neighbours_to_halves,
    rotary_angles,
    rotate_halves,
    rotate_neighbours,
)

INPUT = torch.arange(8)
Rotation = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def pairs(rotate: Rotation) -> torch.Tensor:
    """Number the pairs: which features each rotated one is made of."""
    angles = rotary_angles(torch.tensor([1]), 8)
    made_of = torch.stack([
        rotate(feature[None], angles)[0] != 0 for feature in torch.eye(8)])
    numbers: torch.Tensor
    _, numbers = made_of.int().argmax(1).unique(return_inverse=True)
    return numbers


def panels(features: torch.Tensor) -> list[dict[str, object]]:
    """Colour the pairs of `features` (8,) of a head in both layouts."""
    order = neighbours_to_halves(1, 8)
    a, b = features[pairs(rotate_neighbours) == 1].tolist()
    c, d = features[pairs(rotate_halves) == 1].tolist()
    return [
        {
            "title": "interleaved",
            "grid": features,
            "colour": pairs(rotate_neighbours),
            "says": f"features {a} and {b} form a pair",
        },
        {
            "title": "rotate_half",
            "grid": features,
            "colour": pairs(rotate_halves),
            "says": f"features {c} and {d} do",
        },
        {
            "title": "reordered, then rotate_half",
            "grid": features[order],
            "colour": pairs(rotate_halves),
            "says": " ".join(map(str, features[order].tolist())),
        },
    ]
