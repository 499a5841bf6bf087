"""The figure of a gradient penalty: is the slope in the graph?"""

import torch

INPUT = torch.tensor([3.0, 1.0])


def panels(numbers: torch.Tensor) -> list[dict[str, object]]:
    """Add a penalty to a score; `numbers` are its weight and input."""
    slope, x = numbers
    found: list[dict[str, object]] = []
    for create_graph in (True, False):
        weight = slope.clone().requires_grad_()
        points = x.clone().requires_grad_()
        found_slope, = torch.autograd.grad(
            weight * points, points, create_graph=create_graph)
        loss = weight * x + (found_slope - 1) ** 2
        gradient, = torch.autograd.grad(
            loss, weight, retain_graph=True)
        found.append({
            "title": f"create_graph={create_graph}",
            "tree": loss,
            "names": {"weight": weight},
            "says": f"the weight gets {gradient:g}",
        })
    return found
