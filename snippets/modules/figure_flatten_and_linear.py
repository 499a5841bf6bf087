"""The figure of flatten: a view with a wrong number of features."""

import torch

INPUT = torch.arange(36).view(4, 9)


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Colour the samples of `x` (4, 9), and view it with 4 features."""
    sample = torch.arange(4)[:, None].expand_as(x).contiguous()
    wrong = x.view(-1, 4)
    third = " ".join(map(str, wrong[2].tolist()))
    return [
        {
            "title": f"x.flatten(1): {x.flatten(1).shape[0]} rows",
            "grid": x.flatten(1),
            "colour": sample,
            "down": "sample",
        },
        {
            "title": f"x.view(-1, 4): {len(wrong)} rows",
            "grid": wrong,
            "colour": sample.view(-1, 4),
            "says": [
                f"{len(x)} samples of {x.shape[1]} numbers",
                f"view(-1, {wrong.shape[1]}) makes {len(wrong)} rows",
                f"{third}, mixes two samples",
            ],
        },
    ]
