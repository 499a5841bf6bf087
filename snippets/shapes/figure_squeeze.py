"""The figure of squeeze: what becomes of a batch of one sample."""

import torch

INPUT = torch.arange(8).view(2, 4, 1, 1)


def panels(pooled: torch.Tensor) -> list[dict[str, object]]:
    """Squeeze two samples of `pooled` (2, 4, 1, 1), and then one."""
    sample = torch.arange(2)[:, None].expand(2, 4)
    two, one = pooled.squeeze(), pooled[1:].squeeze()
    kept = pooled[1:].flatten(1)
    return [
        {
            "title": f"two samples: {tuple(two.shape)}",
            "grid": two,
            "colour": sample,
            "down": "sample",
        },
        {
            "title": f"one sample: {tuple(one.shape)}",
            "grid": one[:, None],
            "down": "as samples",
            "says": f"{one[0]} {one[1]} {one[2]} {one[3]} "
            f"have {one.dim()} axis",
        },
        {
            "title": f"flatten(1): {tuple(kept.shape)}",
            "grid": kept,
            "colour": sample[1:],
            "says": f"flatten(1) keeps {kept.dim()} axes",
        },
    ]
