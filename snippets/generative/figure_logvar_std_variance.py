"""The figure of a log variance: what its exp and its half give."""

import torch
from torch.distributions import Normal

INPUT = torch.tensor(4.0)


def panels(variance: torch.Tensor) -> list[dict[str, object]]:
    """Draw the density of `variance`, and what wrong scales make."""
    logvar = variance.log()
    scales = {
        "(0.5 * logvar).exp()": (0.5 * logvar).exp(),
        "logvar.exp()": logvar.exp(),
        "logvar": logvar,
    }
    x = torch.linspace(-8, 8, 121)
    words = [f"{scale:.2g}" for scale in scales.values()]
    return [{
        "title": "Normal(0, scale)",
        "curves": {name: Normal(0.0, scale).log_prob(x).exp()
                   for name, scale in scales.items()},
        "x": x,
        "across": "x",
        "down": "density",
        "says": f"scale {words[0]}, but exp makes it {words[1]} "
        f"and the log variance itself {words[2]}",
    }]
