"""The figure of SAME: where a kernel of 3 stands at a stride of 2."""

import torch
import torch.nn.functional as F

INPUT = torch.arange(16.0).view(4, 4)
OTHER = INPUT + 16


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Copy the pixels of `x` (4, 4) below the kernel's middle."""
    kernel = torch.zeros(1, 1, 3, 3)
    kernel[0, 0, 1, 1] = 1
    image = x[None, None]
    taken = {
        "SAME": F.conv2d(
            F.pad(image, (0, 1, 0, 1)), kernel, stride=2),
        "padding=1": F.conv2d(image, kernel, stride=2, padding=1),
    }
    return [
        {
            "title": name,
            "pixels": x,
            "points": {"middle of the kernel":
                       torch.isin(x, y).nonzero().flip(1)},
            "says": f"{name} it stands on " + " ".join(
                f"{v:g}" for v in y.flatten().tolist()),
        }
        for name, y in taken.items()
    ]
