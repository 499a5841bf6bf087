"""The figure of log_prob: a table in the place of a column."""

import torch
from torch.distributions import Categorical

INPUT = torch.tensor([0, 2, 1, 2])
OTHER = torch.tensor([0, 1, 1, 2, 0])


def panels(actions: torch.Tensor) -> list[dict[str, object]]:
    """Ask a policy that prefers its `actions`, in both shapes."""
    policy = Categorical(logits=3 * torch.eye(3)[actions])
    wrong = policy.log_prob(actions[:, None])
    right = policy.log_prob(actions)
    n = len(actions)
    return [
        {
            "title": "actions (N, 1)",
            "grid": wrong,
            "mark": torch.eye(n, dtype=torch.bool),
            "across": "row of logits",
            "down": "action",
            "says": f"a table of {wrong.numel()} numbers with the mean "
            f"{wrong.mean():.2f}",
        },
        {
            "title": "actions (N,)",
            "grid": right,
            "across": "row of logits",
            "says": f"{right.numel()} numbers with the mean "
            f"{right.mean():.3f}",
        },
    ]
