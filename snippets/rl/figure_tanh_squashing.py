"""The figure of squashed actions: the error of two ways to log p."""

import torch
from torch.distributions import (
    Normal,
    TanhTransform,
    TransformedDistribution,
)

from snippets.rl.tanh_squashing import squashed_log_prob

INPUT = torch.tensor(12.0)


def panels(last: torch.Tensor) -> list[dict[str, object]]:
    """Draw the error of log p of tanh(u), for u from 4 to `last`."""
    u = torch.linspace(4, float(last), 81)
    normal = Normal(0.0, 5.0)
    right = squashed_log_prob(
        u[:, None], torch.zeros(81, 1), torch.full((81, 1), 5.0))
    with_eps = normal.log_prob(u) - torch.log(
        1 - u.tanh() ** 2 + 1e-6)
    squashed = TransformedDistribution(
        normal, [TanhTransform()], validate_args=False)
    from_action = squashed.log_prob(u.tanh())
    end = u[from_action.isfinite()][-1]
    return [{
        "title": "log p minus the right one",
        "curves": {
            "with + 1e-6": with_eps - right,
            "from the action": from_action - right,
        },
        "x": u,
        "across": "u",
        "says": [f"by {(with_eps - right)[-1].abs():.1f} at "
                 f"u = {last:g}",
                 f"ends near u = {end:.0f}"],
    }]
