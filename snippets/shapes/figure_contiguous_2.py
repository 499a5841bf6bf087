"""The second figure of contiguous: an image in channels_last."""

import torch

INPUT = torch.arange(12).view(1, 3, 2, 2)


def panels(images: torch.Tensor) -> list[dict[str, object]]:
    """Show the memory of `images` (1, 3, 2, 2) in both layouts."""
    last = images.contiguous(memory_format=torch.channels_last)
    pixels = [" ".join(map(str, pixel))
              for pixel in last[0].permute(1, 2, 0).flatten(0, 1).tolist()]
    return [
        {
            "title": "colours: the channels",
            "storage": {"images[0]": images[0], "last[0]": last[0]},
            "says": f"pixel after pixel: {pixels[0]}, {pixels[1]}",
        },
    ]
