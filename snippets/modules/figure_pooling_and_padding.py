"""The figure of padding in pooling: means that count zeros."""

import torch
import torch.nn.functional as F

INPUT = torch.ones(4, 4)


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Pool the constant image `x` with and without the padding."""
    found: list[dict[str, object]] = []
    for title, count in (("the default", True),
                         ("count_include_pad=False", False)):
        y = F.avg_pool2d(x[None, None], 3, 1, 1,
                         count_include_pad=count)[0, 0]
        found.append({
            "title": title,
            "grid": y,
            "colour": y.unique(return_inverse=True)[1],
            "says": (f"a corner is {y[0, 0]:.3g}, an edge "
                     f"{y[0, 1]:.3g} and the middle {y[1, 1]:.3g}"
                     if count else f"each pixel is {y[0, 0]:g}"),
        })
    return found
