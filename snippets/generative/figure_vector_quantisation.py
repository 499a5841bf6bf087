"""The figure of the two terms: what they reach, and what they miss."""

import torch

INPUT = torch.tensor([1.0, 3.0])
OTHER = torch.tensor([1.0, 5.0])


def panels(numbers: torch.Tensor) -> list[dict[str, object]]:
    """Give an encoding and its code, before the line and after it."""
    found: list[dict[str, object]] = []
    for title in ("the losses first", "the straight-through line first"):
        z, code = numbers.clone().unbind()
        z.requires_grad_()
        code.requires_grad_()
        near = code
        if title.startswith("the straight"):
            near = z + (code - z).detach()
        loss = (z.detach() - near) ** 2 + 0.25 * (
            z - near.detach()) ** 2
        gradient, = torch.autograd.grad(loss, z, retain_graph=True)
        found.append({
            "title": title,
            "tree": loss,
            "names": {"code": code, "z": z},
            "says": f"z gets {gradient:g}",
        })
    return found
