"""The figure of quantization: a scale too small and one too large."""

import torch

INPUT = torch.tensor([0.01, 0.5])
OTHER = torch.tensor([0.02, 1.0])


def panels(scales: torch.Tensor) -> list[dict[str, object]]:
    """Round numbers to int8 by two `scales`."""
    x = torch.linspace(-2, 2, 201)
    small, large = (
        torch.fake_quantize_per_tensor_affine(
            x, scale, 0, -128, 127)
        for scale in scales.tolist())
    names = [f"{scale:g}" for scale in scales.tolist()]
    at = 110
    return [
        {
            "title": "int8 by two scales",
            "curves": {f"scale {names[0]}": small,
                       f"scale {names[1]}": large},
            "x": x,
            "across": "x",
            "down": "as stored",
            "says": [
                f"With the scale {names[0]} the numbers are cut off "
                f"at {small.min():.2f} and {small.max():.2f}",
                f"With {names[1]} they become steps, and {x[at]:.1f} "
                f"becomes {large[at]:g}",
            ],
        },
    ]
