"""The figure of TF32: how far integers are moved by its rounding."""

import torch

from snippets.devices.tf32 import round_to_tf32

INPUT = torch.tensor(4.0)


def panels(thousands: torch.Tensor) -> list[dict[str, object]]:
    """Round integers around `thousands` times 1024."""
    middle = int(thousands) * 1024
    x = torch.arange(middle - 20, middle + 21, dtype=torch.float32)
    moved = round_to_tf32(x) - x
    below, above = moved[:20].abs().max(), moved[20:].abs().max()
    return [{
        "title": "rounded minus integer",
        "curves": {"": moved},
        "x": x - middle,
        "across": f"integer - {middle}",
        "says": f"by up to {below:g} below {middle} "
        f"and by up to {above:g} above",
    }]
