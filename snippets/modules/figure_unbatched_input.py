"""The figure of unbatched input: which rows one output reads."""

import torch
from torch import nn

INPUT = torch.tensor([3, 0])
OTHER = torch.tensor([1, 0])


def panels(cell: torch.Tensor) -> list[dict[str, object]]:
    """Show what an LSTM's output at `cell` reads of five samples."""
    torch.manual_seed(0)
    lstm = nn.LSTM(3, 3, batch_first=True, dtype=torch.float64)
    x = torch.randn(5, 3, dtype=torch.float64)
    row = int(cell[0])

    def as_samples(x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = lstm(x[:, None])[0]
        return out[:, 0]

    def as_steps(x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = lstm(x)[0]
        return out

    return [
        {
            "title": title,
            "reads": f,
            "input": x,
            "cell": cell.tolist(),
            "down": "sample",
            "across": "feature",
            "says": says,
        }
        for title, f, says in (
            ("lstm(x[:, None])", as_samples, f"Row {row} of the output"),
            ("lstm(x)", as_steps, f"the rows 0 to {row}"),
        )
    ]
