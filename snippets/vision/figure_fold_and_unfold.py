"""The figure of fold and unfold: pixels that come back several times."""

import torch
import torch.nn.functional as F

INPUT = torch.arange(1.0, 17.0).reshape(4, 4)


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Cut `x` (4, 4) into patches 2 × 2 of stride 1, and fold them."""

    def there_and_back(image: torch.Tensor) -> torch.Tensor:
        return F.fold(F.unfold(image[None, None], 2), (4, 4), 2)[0, 0]

    back = there_and_back(x)
    count = there_and_back(torch.ones(4, 4))
    colour = count.unique(return_inverse=True)[1]
    return [
        {"title": "x", "grid": x, "colour": colour},
        {
            "title": "fold(unfold(x))",
            "grid": back,
            "colour": colour,
            "says": [
                f"the corner {x[0, 0]:g} comes back as {back[0, 0]:g}",
                f"the edge {x[0, 1]:g} as {back[0, 1]:g}",
                f"and {x[1, 1]:g}, inside, as {back[1, 1]:g}",
            ],
        },
    ]
