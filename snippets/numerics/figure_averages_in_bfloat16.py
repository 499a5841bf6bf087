"""The figure of a running sum: it stops in bfloat16."""

import torch

INPUT = torch.tensor(0.7)
OTHER = torch.tensor(1.5)


def panels(loss: torch.Tensor) -> list[dict[str, object]]:
    """Add `loss` 1000 times, in two dtypes."""
    sums = {}
    for dtype in (torch.float32, torch.bfloat16):
        total, values = torch.zeros((), dtype=dtype), [0.0]
        for _ in range(1000):
            total += loss.to(dtype)
            values.append(total.item())
        name = str(dtype).removeprefix("torch.")
        sums[name] = torch.tensor(values)[::5]
    wide, narrow = sums.values()
    return [
        {
            "title": f"{loss:g} added up",
            "curves": sums,
            "x": torch.arange(0, 1001, 5),
            "across": "losses",
            "down": "sum",
            "says": [
                f"reaches {wide[-1]:.0f}",
                f"stops at {narrow[-1]:.0f}",
            ],
        },
    ]
