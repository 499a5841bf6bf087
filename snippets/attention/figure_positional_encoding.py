"""The figure of positions: which one each token of a batch gets."""

import torch

INPUT = torch.tensor([3, 5])


def panels(sizes: torch.Tensor) -> list[dict[str, object]]:
    """Add positions to a batch; `sizes` counts samples and tokens."""
    samples, tokens = sizes.tolist()
    x = torch.zeros(samples, tokens, 1, dtype=torch.long)
    table = torch.arange(20)[:, None, None]
    wrong = (x + table[:x.size(0)])[..., 0]
    right = (x + table[:x.size(1), 0])[..., 0]
    found: list[dict[str, object]] = []
    for title, positions, says in (
            ("x + table[:x.size(0)]", wrong,
             f"the positions 0 to {wrong.max()}"),
            ("x + table[:x.size(1), 0]", right,
             f"the positions 0 to {right.max()}")):
        found.append({
            "title": title,
            "grid": positions,
            "colour": positions % 6,
            "across": "token",
            "down": "sample",
            "says": says,
        })
    return found
