"""The figure of a softmax that overflows: three equal logits."""

import torch
import torch.nn.functional as F

from snippets.numerics.wrong_stable_softmax import (
    softmax_without_shift,
)

INPUT = torch.tensor(3)


def panels(classes: torch.Tensor) -> list[dict[str, object]]:
    """Raise the logits of as many `classes` together."""
    x = torch.linspace(86, 90, 201)
    logits = x[:, None].expand(-1, int(classes))
    right = F.softmax(logits, dim=1)[:, 0]
    wrong = torch.stack(
        [softmax_without_shift(row)[0] for row in logits])
    return [
        {
            "title": f"{classes} logits of the same size",
            "curves": {"F.softmax": right,
                       "without the shift": wrong},
            "x": x,
            "across": "logit",
            "down": "probability",
            "says": [
                f"gives 0 from {x[wrong == 0].min():.1f}",
                f"nan from {x[wrong.isnan()].min():.1f}",
                f"for {classes} equal logits",
            ],
        },
    ]
