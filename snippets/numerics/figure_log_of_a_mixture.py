"""The figure of the log of a mixture: three ways, by the gap."""

import torch
import torch.nn.functional as F

from snippets.numerics.log_of_a_mixture import log_mixture
from snippets.numerics.wrong_log_of_a_mixture import log_of_the_sum

INPUT = torch.tensor(1e-8)
OTHER = torch.tensor(1e-6)


def panels(small: torch.Tensor) -> list[dict[str, object]]:
    """Draw two parts whose class 0 lies behind; `small` in the log."""
    gap = torch.linspace(0, 150, 151)
    logits = torch.stack([0 * gap, gap], dim=1)[:, None]
    logits = logits.expand(-1, 2, 2)
    gate = torch.zeros(151, 2)
    right = log_mixture(gate, logits)[:, 0]
    wrong = log_of_the_sum(gate, logits)[:, 0]
    floor = (F.softmax(logits, dim=-1).mean(1)[:, 0] + small).log()
    return [
        {
            "title": "log of the probability of class 0",
            "curves": {"logsumexp": right,
                       "log of the sum": wrong,
                       f"with {small:.0e}".replace("e-0", "e-"):
                           floor},
            "x": gap,
            "across": "how far its logit lies behind",
            "down": "log",
            "says": [
                f"ends at {wrong[wrong.isfinite()].min():.0f}",
                f"stays at {floor[-1]:.1f}",
                f"logsumexp goes on to {right[-1]:.0f}",
            ],
        },
    ]
