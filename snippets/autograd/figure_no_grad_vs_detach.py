"""The figure of frozen layers: where the gradient goes in each way."""

import torch

INPUT = torch.tensor([1.0, 2.0, 3.0])


def panels(weights: torch.Tensor) -> list[dict[str, object]]:
    """Freeze the middle of three `weights` that multiply in a row."""
    found: list[dict[str, object]] = []
    for title in ("requires_grad_(False)", "no_grad", "detach"):
        encoder, frozen, head = weights.clone().unbind()
        for weight in (encoder, frozen, head):
            weight.requires_grad_(
                title == "detach" or weight is not frozen)
        middle = encoder * 2
        with torch.set_grad_enabled(title != "no_grad"):
            middle = frozen * (
                middle.detach() if title == "detach" else middle)
        loss = head * middle
        names = {"encoder": encoder, "frozen": frozen, "head": head}
        gradients = torch.autograd.grad(
            loss, encoder, allow_unused=True, retain_graph=True)
        found.append({
            "title": title,
            "tree": loss,
            "names": names,
            "says": f"the encoder gets {gradients[0]:g}"
            if gradients[0] is not None else [],
        })
    return found
