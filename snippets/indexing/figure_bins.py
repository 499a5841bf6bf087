"""The figure of bins: into which bin each value falls."""

import torch

INPUT = torch.tensor([-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0])
OTHER = torch.tensor([0.0, 0.5, 0.5, 2.0, 2.5, 1.0, 0.0])


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Bin `x` (7,) by the edges 0, 1, 2, and frame what differs."""
    edges = torch.arange(3.0)
    below = torch.bucketize(x, edges)
    above = torch.bucketize(x, edges, right=True)
    values = [f"{value:g}" for value in x.tolist()]
    return [
        {
            "title": f"right={right}",
            "grid": bins,
            "colour": bins,
            "mark": torch.isin(x, edges),
            "across": values,
            "says": [
                "the bins " + " ".join(map(str, bins.tolist())),
                "values " + " ".join(values),
            ],
        }
        for right, bins in ((False, below), (True, above))
    ]
