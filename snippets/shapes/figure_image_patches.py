"""The figure of image patches: which pixels share a patch."""

import torch

INPUT = torch.arange(24).reshape(4, 6)


def panels(image: torch.Tensor) -> list[dict[str, object]]:
    """Colour `image` (4, 6) by the patch 2 × 2 of each pixel, both ways."""
    patch = torch.arange(6)
    right = patch.reshape(2, 1, 3, 1).expand(2, 2, 3, 2).reshape(4, 6)
    wrong = patch.reshape(2, 1, 1, 3).expand(2, 2, 2, 3).reshape(4, 6)

    def second(of: torch.Tensor) -> str:
        a, b, c, d = image[of == 1].tolist()
        return f"the second is {a} {b} above {c} {d}"

    return [
        {
            "title": "W split into (W', p_W)",
            "grid": image,
            "colour": right,
            "says": [second(right), "{} by {}".format(*image.shape)],
        },
        {
            "title": "W split into (p_W, W')",
            "grid": image,
            "colour": wrong,
            "says": second(wrong),
        },
    ]
