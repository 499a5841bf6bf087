"""The figure of NumPy's mask: what ~ makes of uint8."""

import torch

INPUT = torch.tensor([1.0, float("nan"), 3.0])
OTHER = torch.tensor([float("nan"), 2.0, 3.0])


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Turn a mask of booleans around, and one of numbers."""
    is_nan = torch.isnan(x)
    turned, of_numbers = ~is_nan, ~is_nan.to(torch.uint8)

    def listed(mask: torch.Tensor) -> str:
        return " ".join(str(int(value)) for value in mask)

    return [
        {
            "title": "~torch.isnan(x): bool",
            "grid": turned.int()[None],
            "colour": turned.int()[None],
            "says": f"~ gives {listed(turned)} for booleans",
        },
        {
            "title": "~np.isnan(x): uint8",
            "grid": of_numbers.int()[None],
            "colour": (of_numbers != 0).int()[None],
            "says": f"and {listed(of_numbers)} for uint8",
        },
    ]
