"""The figure of the focal loss: what a sample of each p costs."""

import torch
import torch.nn.functional as F

INPUT = torch.tensor(10.0)
OTHER = torch.tensor(5.0)


def panels(weight: torch.Tensor) -> list[dict[str, object]]:
    """Draw the loss by p, the `weight` after and inside the power."""
    p = torch.linspace(0.01, 0.99, 99)
    logits = torch.stack([p, 1 - p], dim=1).log()
    target = torch.zeros(99, dtype=torch.long)
    classes = torch.stack([weight, torch.ones(())])
    plain = F.cross_entropy(logits, target, reduction="none")
    inside = F.cross_entropy(logits, target, classes,
                             reduction="none")
    right = weight * (1 - (-plain).exp()) ** 2 * plain
    wrong = (1 - (-inside).exp()) ** 2 * inside
    at = 87
    return [
        {
            "title": f"γ = 2, class weight {weight:g}",
            "curves": {"weight after": right,
                       "weight inside": wrong},
            "x": p,
            "log": "y",
            "across": "p of the right class",
            "down": "loss",
            "says": [
                f"a sample with p = {p[at]:.2f} costs "
                f"{right[at]:.3f}",
                f"it costs {wrong[at]:.2f}",
            ],
        },
    ]
