"""The figure of a kept loss: the graph that a sum of losses holds."""

import torch

from snippets.autograd.kept_loss import count_nodes

INPUT = torch.tensor([1, 3])


def panels(steps: torch.Tensor) -> list[dict[str, object]]:
    """Sum the losses of as many steps as `steps` says."""
    found: list[dict[str, object]] = []
    for count in steps.tolist():
        weight = torch.tensor(1.0, requires_grad=True)
        total = torch.tensor(0.0)
        for x in range(1, count + 1):
            total = total + (weight * x).square()
        found.append({
            "title": f"total, steps: {count}",
            "tree": total,
            "names": {"weight": weight},
            "says": f"{count_nodes(total)} nodes",
        })
    return found
