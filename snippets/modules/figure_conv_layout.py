"""The figure of the layout of a convolution: what one output reads."""

import torch
from torch import nn

INPUT = torch.tensor(0)
OTHER = torch.tensor(2)


def panels(step: torch.Tensor) -> list[dict[str, object]]:
    """Show which numbers of a sequence the output at `step` reads."""
    torch.manual_seed(0)
    conv = nn.Conv1d(4, 4, kernel_size=1, dtype=torch.float64)
    x = torch.randn(4, 4, dtype=torch.float64)

    def as_it_is(x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = conv(x[None])[0]
        return out.T

    def transposed(x: torch.Tensor) -> torch.Tensor:
        return as_it_is(x.T)

    return [
        {
            "title": title,
            "reads": f,
            "input": x,
            "cell": (int(step), 0),
            "across": "feature",
            "down": "step",
            "says": says,
        }
        for title, f, says in (
            ("transposed", transposed, f"step {int(step)}"),
            ("as it is", as_it_is, f"feature {int(step)}"),
        )
    ]
