"""The figure of corners: the gradient on each side and on them."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from snippets.autograd.kinks_and_ties import clamp_closed

INPUT = torch.tensor([-0.5, 0.0, 0.5])
OTHER = torch.tensor([0.0, 0.5, 2.0])
CORNERS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "abs": torch.abs,
    "relu": torch.relu,
    "leaky_relu": F.leaky_relu,
    "maximum(x, 0)": lambda x: torch.maximum(x, torch.zeros(3)),
    "clamp_closed(x, 0, 1)": lambda x: clamp_closed(x, 0.0, 1.0),
}


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Differentiate functions with a corner at 0 at three `x`."""
    rows = []
    for corner in CORNERS.values():
        at = x.clone().requires_grad_()
        gradient, = torch.autograd.grad(corner(at).sum(), at)
        rows.append(gradient)
    table = torch.stack(rows)
    middle = torch.where(torch.arange(3) == 1, 0, -1)
    shared = ", ".join(f"{g:.2g}" for g in table[:, 1].tolist())
    return [{
        "title": "the gradient at x",
        "grid": table,
        "colour": middle.expand_as(table),
        "across": [f"{value:g}" for value in x.tolist()],
        "down": list(CORNERS),
        "says": f"from top to bottom {shared}",
    }]
