"""The figure of batch_first: what one output of attention reads."""

import torch
from torch import nn

INPUT = torch.tensor([1, 2, 0])
OTHER = torch.tensor([0, 1, 1])


def panels(cell: torch.Tensor) -> list[dict[str, object]]:
    """Show what the output at `cell` reads, by both conventions."""
    torch.manual_seed(0)
    layer = nn.MultiheadAttention(2, 1, dtype=torch.float64)
    x = torch.randn(3, 4, 2, dtype=torch.float64)
    sample, token, _ = cell.tolist()

    def by_default(x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = layer(x, x, x)[0]
        return out

    def batch_first(x: torch.Tensor) -> torch.Tensor:
        return by_default(x.transpose(0, 1)).transpose(0, 1)

    return [
        {
            "title": "batch_first=True",
            "reads": batch_first,
            "input": x,
            "cell": cell.tolist(),
            "down": "token",
            "says": f"token {token} of sample {sample}",
        },
        {
            "title": "the default",
            "reads": by_default,
            "input": x,
            "cell": cell.tolist(),
            "down": "token",
        },
    ]
