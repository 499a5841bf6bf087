"""The figure of a moving average: how far it comes in 1000 updates."""

import torch
from torch.optim.swa_utils import get_ema_multi_avg_fn

INPUT = torch.tensor(0.999)
OTHER = torch.tensor(0.99)


def panels(decay: torch.Tensor) -> list[dict[str, object]]:
    """Average a weight that has jumped from 1 to 2 by `decay`."""
    update = get_ema_multi_avg_fn(decay.item())

    def path(dtype: torch.dtype, grows: bool) -> torch.Tensor:
        average = torch.ones(1, dtype=dtype)
        current = torch.full((1,), 2, dtype=dtype)
        values = [average.item()]
        for n in range(1, 1001):
            if grows:
                slow = min(decay.item(), (1 + n) / (10 + n))
                average.lerp_(current, 1 - slow)
            else:
                update([average], [current], n)
            values.append(average.item())
        return torch.tensor(values)[::5]

    constant = path(torch.float32, False)
    growing = path(torch.float32, True)
    narrow = path(torch.bfloat16, False)
    name = f"{decay:g}"
    return [
        {
            "title": "the weight jumps from 1 to 2",
            "curves": {f"decay {name}": constant,
                       "growing decay": growing,
                       f"{name} in bfloat16": narrow},
            "x": torch.arange(0, 1001, 5),
            "across": "update",
            "down": "average",
            "says": [
                f"With a decay of {name} the average is at "
                f"{constant[20]:.1f} after 100 updates and at "
                f"{constant[-1]:.2f} after 1000",
                f"at {growing[20]:.1f} after 100",
                f"In bfloat16 it stays at {narrow[-1]:g}",
            ],
        },
    ]
