"""The figure of label smoothing: the loss of a surer model."""

import torch
import torch.nn.functional as F

INPUT = torch.tensor(0.1)
OTHER = torch.tensor(0.2)


def panels(smoothing: torch.Tensor) -> list[dict[str, object]]:
    """Draw the loss of four classes as the right one gets ahead."""
    ahead = torch.linspace(0, 12, 121)
    logits = torch.zeros(121, 4)
    logits[:, 0] = ahead
    target = torch.zeros(121, dtype=torch.long)

    def loss(epsilon: float) -> torch.Tensor:
        return F.cross_entropy(logits, target, reduction="none",
                               label_smoothing=epsilon)

    plain, smooth = loss(0.0), loss(smoothing.item())
    best = smooth.argmin()
    return [
        {
            "title": "four classes",
            "curves": {
                "plain": plain,
                f"label_smoothing={smoothing:g}": smooth,
            },
            "x": ahead,
            "across": "logit of the right class; the others have 0",
            "down": "loss",
            "says": [
                f"is least, {smooth[best]:.3f}, where the right "
                f"logit is {ahead[best]:.1f} ahead",
                f"{ahead[-1]:g} ahead, the smoothed loss is {smooth[-1]:.2f}",
            ],
        },
    ]
