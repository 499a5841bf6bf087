"""The figure of masked_scatter: which feature each place gets."""

import torch

INPUT = torch.tensor([1, 2, 3, 4])


def panels(features: torch.Tensor) -> list[dict[str, object]]:
    """Fill placeholders by `features` (4,), two of each sample."""
    full = torch.tensor([[1, 1, 0], [1, 1, 0]], dtype=torch.bool)
    cut = torch.tensor([[1, 0, 0], [1, 1, 0]], dtype=torch.bool)
    sample = torch.tensor([0, 0, 1, 1])
    zeros, none = torch.zeros(2, 3, dtype=torch.int64), torch.full((2, 3), -1)
    found: list[dict[str, object]] = []
    for title, mask in (("four places", full), ("three places", cut)):
        filled = zeros.masked_scatter(mask, features)
        found.append({
            "title": title,
            "grid": filled,
            "colour": none.masked_scatter(mask, sample),
            "down": "sample",
            "says": f"begins with {filled[1, 0]}",
        })
    return found
