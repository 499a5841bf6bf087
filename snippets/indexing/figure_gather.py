"""The figure of gather: which cells an index (N, 1, 1) reads."""

import torch

INPUT = torch.arange(12).view(2, 3, 2)


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Frame what is read of `x` (2, 3, 2), whose lengths are 3 and 1."""
    index = torch.tensor([3, 1])[:, None, None] - 1
    slots = torch.arange(x.numel()).view_as(x)
    one = slots.gather(1, index)
    row = torch.take_along_dim(slots, index, 1)
    text = torch.arange(2)[:, None, None].expand_as(x)

    def says(read: torch.Tensor) -> str:
        found = x.flatten()[read.flatten()].tolist()
        return "reads " + " ".join(map(str, found))

    return [
        {
            "title": title,
            "grid": x,
            "colour": text,
            "mark": torch.isin(slots, read),
            "down": "step",
            "says": says(read),
        }
        for title, read in (
            ("x.gather(1, index)", one),
            ("take_along_dim(x, index, 1)", row),
        )
    ]
