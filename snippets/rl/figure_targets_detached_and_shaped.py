"""The figure of a value loss: the errors that the loss averages."""

import torch

INPUT = torch.tensor([1, 2, 3, 4])
OTHER = torch.tensor([1, 2, 4, 8, 16])


def panels(targets: torch.Tensor) -> list[dict[str, object]]:
    """Subtract `targets` from equal values, with both shapes."""
    values = targets[:, None]
    table = values - targets
    right = values.squeeze(1) - targets
    n = len(targets)
    return [
        {
            "title": "values (N, 1) minus targets (N)",
            "grid": table,
            "mark": torch.eye(n, dtype=torch.bool),
            "across": "target",
            "down": "value",
            "says": f"the mean of {n} by {n} squares is "
            f"{table.double().square().mean():g}",
        },
        {
            "title": "values (N) minus targets (N)",
            "grid": right,
            "mark": torch.ones(n, dtype=torch.bool),
        },
    ]
