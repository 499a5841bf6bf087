"""The figure of a mask of 255: the loss of one pixel by its logit."""

import torch
import torch.nn.functional as F

INPUT = torch.tensor(255)
OTHER = torch.tensor(2)


def panels(white: torch.Tensor) -> list[dict[str, object]]:
    """Draw the loss of targets 0, 1 and `white`."""
    x = torch.linspace(-10, 10, 81)

    def loss(target: float) -> torch.Tensor:
        return F.binary_cross_entropy_with_logits(
            x, torch.full_like(x, target), reduction="none")

    high = loss(white.item())
    return [
        {
            "title": "an object's pixel",
            "curves": {f"target {white}": high, "target 1": loss(1)},
            "x": x,
            "across": "logit",
            "down": "loss",
            "says": (f"for a target of {white} it falls from "
                     f"{high[0]:.0f} to {high[-1]:.0f}"),
        },
    ]
