"""The figure of broadcasting in the loss: all pairs, or each its own."""

import torch

INPUT = torch.arange(1, 5)
OTHER = torch.arange(1, 6)


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Subtract right predictions `x` from targets of two shapes."""
    n, right = len(x), x - x
    pairs = x - x[:, None]
    return [
        {
            "title": f"({n},) − ({n}, 1)",
            "grid": pairs,
            "mark": torch.eye(n, dtype=torch.bool),
            "across": [f"p{i}" for i in x.tolist()],
            "down": [f"y{i}" for i in x.tolist()],
            "says": f"({n}) against ({n}, 1) makes {pairs.numel()} "
                    "differences",
        },
        {
            "title": f"({n},) − ({n},)",
            "grid": right,
            "mark": right == 0,
            "across": [f"p{i}" for i in x.tolist()],
            "says": f"the {n} that you want",
        },
    ]
