"""The figure of the cast to bytes: what a number above 1 becomes."""

import torch

INPUT = torch.tensor(255)
OTHER = torch.tensor(250)


def panels(white: torch.Tensor) -> list[dict[str, object]]:
    """Cast numbers from 0.9 to 1.1 times `white`."""
    x = torch.linspace(0.9, 1.1, 201)
    cast = (x * white).byte()
    clamped = (x * white).round().clamp(0, 255).byte()
    return [
        {
            "title": f"x times {white}, as uint8",
            "curves": {"cast": cast,
                       "rounded, clamped": clamped},
            "x": x,
            "across": "x",
            "down": "byte",
            "says": [
                f"at 1.01 the cast gives {cast[110]}",
                f"the clamp keeps {clamped[110]}",
            ],
        },
    ]
