"""The figure of contiguous: the memory of a transpose and of its copy."""

import torch

INPUT = torch.arange(6).view(2, 3)


def numbers(x: torch.Tensor) -> str:
    """Give the numbers of `x` in row order."""
    return " ".join(map(str, x.flatten().tolist()))


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Show the memory of the transpose of `x` (2, 3) and of its copy."""
    turned = x.T
    copy = turned.contiguous()
    return [
        {
            "title": "colours: the rows of turned",
            "storage": {"turned": turned, "turned.contiguous()": copy},
            "says": [
                f"turned reads {numbers(x)}",
                f"its copy holds {numbers(copy)}",
            ],
        },
    ]
