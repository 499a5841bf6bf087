"""The figure of running statistics: how slowly they arrive."""

import torch
from torch import nn

INPUT = torch.tensor([[6.0], [10.0]])


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Pass the batch `x` 50 times, with two values of momentum."""
    means = {}
    for momentum in (0.1, 0.01):
        norm, values = nn.BatchNorm1d(1, momentum=momentum), [0.0]
        for _ in range(50):
            norm(x)
            assert norm.running_mean is not None
            values.append(norm.running_mean.item())
        means[f"momentum {momentum}"] = torch.tensor(values)
    fast, slow = means.values()
    return [
        {
            "title": f"running mean of batches of mean {x.mean():g}",
            "curves": {**means,
                       "mean of the batch": x.mean().expand(51)},
            "across": "batches",
            "down": "running mean",
            "says": [
                f"at {fast[5]:.1f} after 5 batches",
                f"at {slow[50]:.1f} after 50",
            ],
        },
    ]
