"""The figure of weight decay: a parameter whose gradient is 0."""

import torch
from torch import nn

INPUT = torch.tensor([0.5, 0.25])
OTHER = torch.tensor([0.75, 0.125])


def panels(decays: torch.Tensor) -> list[dict[str, object]]:
    """Take ten steps at a rate of 0.1, for two `decays`."""

    def path(optimizer: torch.optim.Optimizer) -> torch.Tensor:
        p = optimizer.param_groups[0]["params"][0]
        values = [p.item()]
        for _ in range(10):
            p.grad = torch.zeros(1)
            optimizer.step()
            values.append(p.item())
        return torch.tensor(values)

    found: list[dict[str, object]] = []
    for kind in (torch.optim.AdamW, torch.optim.Adam):
        curves = {
            f"{decay:g}": path(kind(
                [nn.Parameter(torch.ones(1))],
                lr=0.1, weight_decay=decay))
            for decay in decays.tolist()}
        (large, a), (small, b) = curves.items()
        found.append({
            "title": f"{kind.__name__}, gradient 0",
            "curves": {f"weight_decay={decay}": curve
                       for decay, curve in curves.items()},
            "across": "step",
            "down": "parameter",
            "says": (
                f"from 1 to {a[-1]:.2f} with a decay of {large}, "
                f"and to {b[-1]:.2f} with {small}"
                if kind is torch.optim.AdamW else
                f"for {large} and for {small}"),
        })
    return found
