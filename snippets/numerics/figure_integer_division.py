"""The figure of integer division: two rules, rounded down or to 0."""

import torch

INPUT = torch.tensor(2)


def panels(b: torch.Tensor) -> list[dict[str, object]]:
    """Divide the integers around 0 by `b`, by both rules."""
    a = torch.arange(-4, 5)
    down, to_0 = a // b, torch.div(a, b, rounding_mode="trunc")
    rows = torch.stack([a, down, to_0, a % b, torch.fmod(a, b)])
    differ = down != to_0
    colour = torch.where(differ, torch.tensor([0, 1])[:, None], -1)
    at = 1
    return [
        {
            "title": f"divided by {b}",
            "grid": rows,
            "colour": torch.cat(
                [torch.full((1, 9), -1), colour, colour]),
            "down": ["a", f"a // {b}", "trunc", f"a % {b}", "fmod"],
            "says": [
                f"At {a[at]}, // gives {down[at]} and % gives "
                f"{rows[3, at]}",
                f"truncation gives {to_0[at]} and fmod "
                f"{rows[4, at]}",
            ],
        },
    ]
