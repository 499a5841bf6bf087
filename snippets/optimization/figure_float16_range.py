"""The figure of 16-bit floats: the rounding error by size."""

import torch

INPUT = torch.tensor(1.0)
OTHER = torch.tensor(1.2)


def panels(start: torch.Tensor) -> list[dict[str, object]]:
    """Round numbers from `start` times a power of 2 up to twice it."""
    sizes = 2.0 ** torch.arange(-40, 41).double() * start
    x = sizes[:, None] * torch.linspace(1, 2, 400)[:-1].double()

    def error(dtype: torch.dtype) -> torch.Tensor:
        worst = ((x.to(dtype).double() - x).abs() / x).amax(1)
        return worst.where(worst > 0, torch.inf)

    curves = {
        str(dtype).removeprefix("torch."): error(dtype)
        for dtype in (torch.float16, torch.bfloat16)}
    half, wide = curves.values()
    too_large = sizes[half.isinf()].min()
    return [
        {
            "title": "largest relative error",
            "curves": curves,
            "x": sizes,
            "log": "xy",
            "across": "number",
            "down": "error",
            "says": [
                f"Around 1, float16 is off by up to {half[40]:.1g}",
                f"bfloat16 by up to {wide[40]:.1g}",
                f"from {too_large:.0f} on",
            ],
        },
    ]
