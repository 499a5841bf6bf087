"""The figure of gradients of 0: what still moves a parameter."""

from collections.abc import Callable

import torch
from torch import nn

INPUT = torch.tensor(10)


def panels(steps: torch.Tensor) -> list[dict[str, object]]:
    """Take a step with the gradient 1, and the others with 0."""
    kinds: dict[str, Callable[..., torch.optim.Optimizer]] = {
        "SGD": lambda p: torch.optim.SGD(p, lr=0.1),
        "momentum": lambda p: torch.optim.SGD(
            p, lr=0.1, momentum=0.5),
        "weight decay": lambda p: torch.optim.SGD(
            p, lr=0.1, weight_decay=0.5),
        "Adam": lambda p: torch.optim.Adam(p, lr=0.1),
    }
    curves = {}
    for name, make in kinds.items():
        p = nn.Parameter(torch.ones(1))
        optimizer, values = make([p]), [p.item()]
        for step in range(int(steps)):
            p.grad = torch.full((1,), float(step == 0))
            optimizer.step()
            values.append(p.item())
        curves[name] = torch.tensor(values)
    end = {name: f"{curve[-1]:.2g}"
           for name, curve in curves.items()}
    return [
        {
            "title": "gradient 1 in step 1, then 0",
            "curves": curves,
            "across": "steps taken",
            "down": "parameter",
            "says": [
                f"SGD stays at {end['SGD']}",
                f"momentum goes on to {end['momentum']}",
                f"weight decay to {end['weight decay']}",
                f"Adam to {end['Adam']}",
                f"In the {steps - 1} steps with the gradient 0",
            ],
        },
    ]
