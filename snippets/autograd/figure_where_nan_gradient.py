"""The figure of a masked root: where the mask stands in the graph."""

import torch

INPUT = torch.tensor([0.0, 4.0])
OTHER = torch.tensor([0.0, 1.0])


def panels(values: torch.Tensor) -> list[dict[str, object]]:
    """Hide the root of 0 behind the root, and before it."""
    outside = values.clone().requires_grad_()
    behind = torch.where(outside > 0, outside.sqrt(), 0.0)
    inside = values.clone().requires_grad_()
    safe = torch.where(inside > 0, inside, 1.0)
    before = torch.where(inside > 0, safe.sqrt(), 0.0)
    found: list[dict[str, object]] = []
    for title, x, y in (("where behind the root", outside, behind),
                        ("where before it, too", inside, before)):
        gradient, = torch.autograd.grad(
            y.sum(), x, retain_graph=True)
        words = " and ".join(f"{g:g}" for g in gradient.tolist())
        found.append({
            "title": title,
            "tree": y,
            "names": {"x": x},
            "says": f"x gets {words}",
        })
    return found
