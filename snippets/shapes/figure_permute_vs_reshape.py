"""The figure of permute or reshape: where sixteen numbers go."""

import torch

INPUT = torch.arange(16).reshape(2, 2, 2, 2)


def panels(
    x: torch.Tensor,
) -> list[tuple[str, torch.Tensor, torch.Tensor]]:
    """Show `x` (2, 2, 2, 2) as four 2 × 2 images, and both matrices."""
    channel = torch.arange(2).reshape(1, 2, 1, 1).expand(2, 2, 2, 2)
    sample = torch.arange(2).reshape(2, 1, 1, 1).expand(2, 2, 2, 2)
    group = 2 * sample + channel

    def images(t: torch.Tensor) -> torch.Tensor:
        return t.permute(0, 2, 1, 3).reshape(4, 4)

    def permuted(t: torch.Tensor) -> torch.Tensor:
        return t.permute(2, 0, 3, 1).reshape(4, 4)

    return [
        ("rows B, columns C", images(x), images(group)),
        ("permute, reshape", permuted(x), permuted(group)),
        ("reshape alone", x.reshape(4, 4), group.reshape(4, 4)),
    ]
