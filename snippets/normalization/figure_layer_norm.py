"""The figure of layer norm: the variance of numbers with a large mean."""

import torch

INPUT = torch.arange(4.0)
OTHER = torch.tensor([0.0, 1.0, 2.0, 6.0])


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Add up to 10,000 to `x`, and take its variance in two ways."""
    means = torch.logspace(1, 4, 201).round()
    moved = x + means[:, None]
    right = moved.var(1, correction=0)
    wrong = moved.square().mean(1) - moved.mean(1).square()
    return [
        {
            "title": "variance of four numbers around this mean",
            "curves": {"E[x²] − E[x]²": wrong,
                       "x.var(correction=0)": right},
            "x": means,
            "log": "x",
            "across": "number added to 0, 1, 2 and 3",
            "down": "variance",
            "says": [
                f"x.var(correction=0) stays at {right[-1]:.2f}",
                f"at {wrong[-1]:g} for {means[-1]:.0f}",
            ],
        },
    ]
