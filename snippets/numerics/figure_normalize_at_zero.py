"""The figure of normalize: the gradient of a short vector."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from snippets.numerics.normalize_at_zero import unit_or_zero

INPUT = torch.tensor(1e-3)
OTHER = torch.tensor(1e-2)


def panels(eps: torch.Tensor) -> list[dict[str, object]]:
    """Draw the largest gradient by length, for two `eps`."""
    lengths = torch.logspace(-15, 0, 91)

    def largest(
        function: Callable[[torch.Tensor], torch.Tensor],
    ) -> torch.Tensor:
        x = torch.stack([0 * lengths, lengths], dim=1)
        x.requires_grad_()
        function(x).sum().backward()
        assert x.grad is not None
        return x.grad.abs().amax(1)

    default = largest(F.normalize)
    limited = largest(lambda x: F.normalize(x, eps=eps.item()))
    safe = largest(unit_or_zero)

    def number(x: torch.Tensor) -> str:
        return f"{x:.0e}".replace("e+0", "e").replace("e+", "e")

    return [
        {
            "title": "gradient of a vector of this length",
            "curves": {"F.normalize": default,
                       f"eps={eps:g}": limited,
                       "unit_or_zero": safe},
            "x": lengths,
            "log": "xy",
            "across": "length",
            "down": "largest gradient",
            "says": [
                f"F.normalize comes to {number(default.max())}",
                f"with eps={eps:g} to {number(limited.max())}",
            ],
        },
    ]
