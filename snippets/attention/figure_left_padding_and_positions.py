"""The figure of left padding: the position of each token."""

import torch

from snippets.attention.left_padding_and_positions import (
    positions_without_padding,
)

INPUT = torch.tensor([3, 5, 2])
OTHER = torch.tensor([2, 6, 3])


def panels(lengths: torch.Tensor) -> list[dict[str, object]]:
    """Number the tokens of prompts of `lengths`, padded on the left."""
    place = torch.arange(int(lengths.max())).expand(len(lengths), -1)
    keep = place >= lengths.max() - lengths[:, None]
    colour = torch.where(keep, torch.arange(len(lengths))[:, None], -1)
    counted = positions_without_padding(keep)
    names = [f"prompt {n}" for n in range(len(lengths))]

    def first(position: torch.Tensor) -> int:
        return int(position[0][keep[0]][0])

    return [
        {
            "title": "torch.arange(L)",
            "grid": place,
            "colour": colour,
            "down": names,
            "says": f"begins at position {first(place)}",
        },
        {
            "title": "keep.cumsum(1) - 1, at least 0",
            "grid": counted,
            "colour": colour,
            "down": names,
            "says": f"at {first(counted)} as when it is alone",
        },
    ]
