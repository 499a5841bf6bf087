"""The figure of layer norm: what a large mean does to three versions."""

from collections.abc import Callable

import torch

from snippets.normalization.layer_norm import layer_norm
from snippets.normalization.wrong_layer_norm import (
    layer_norm_by_difference_of_squares,
    layer_norm_by_sample_deviation,
)

Version = Callable[[torch.Tensor], torch.Tensor]

INPUT = torch.arange(4.0)
OTHER = torch.tensor([0.0, 1.0, 2.0, 6.0])


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Add up to 10,000 to `x` and draw the largest output."""
    means = torch.logspace(0, 4, 121)
    one, zero = torch.ones(4), torch.zeros(4)
    versions: dict[str, Version] = {
        "layer_norm": lambda t: layer_norm(t, one, zero),
        "by x.std()": layer_norm_by_sample_deviation,
        "difference of squares":
            layer_norm_by_difference_of_squares,
    }
    curves = {
        name: torch.stack(
            [version(x + mean).max() for mean in means])
        for name, version in versions.items()}
    end = {name: f"{y[-1]:.1f}" for name, y in curves.items()}
    return [
        {
            "title": "largest output of 0, 1, 2, 3 plus a number",
            "curves": curves,
            "x": means,
            "log": "xy",
            "across": "number added",
            "down": "output",
            "says": [
                f"at {means[-1]:.0f} it gives "
                f"{end['difference of squares']}",
                f"layer_norm stays at {end['layer_norm']}",
                f"x.std() at {end['by x.std()']}",
            ],
        },
    ]
