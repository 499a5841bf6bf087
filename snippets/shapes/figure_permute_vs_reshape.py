"""The figure of permute or reshape: where sixteen numbers go."""

import torch

INPUT = torch.arange(16).reshape(2, 2, 2, 2)


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Show `x` (2, 2, 2, 2) as four 2 × 2 images, and both matrices."""
    image = torch.arange(4).reshape(2, 2, 1, 1).expand(2, 2, 2, 2)

    def permuted(t: torch.Tensor) -> torch.Tensor:
        return t.permute(2, 0, 3, 1).reshape(4, 4)

    rows = [
        " ".join(map(str, row))
        for row in [*permuted(x).tolist(), *x.reshape(4, 4).tolist()]
    ]

    return [
        {
            "title": "x: B down, C across",
            "grid": x,
            "colour": image,
            "says": f"the numbers {x.min()} to {x.max()}",
        },
        {
            "title": "permute, reshape",
            "grid": permuted(x),
            "colour": permuted(image),
            "says": "{}, {}, {} and {}".format(*rows[:4]),
        },
        {
            "title": "reshape alone",
            "grid": x.reshape(4, 4),
            "colour": image.reshape(4, 4),
            "says": f"{rows[4]}, {rows[5]} and so on",
        },
    ]
