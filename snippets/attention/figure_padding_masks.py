"""The figure of padding masks: columns of keys, rows of queries."""

import torch

from snippets.attention.padding_masks import attend_to_kept

INPUT = torch.tensor([4, 6])


def panels(sizes: torch.Tensor) -> list[dict[str, object]]:
    """Show which weights are 0; `sizes` counts kept and all places."""
    kept, length = sizes.tolist()
    keep = torch.arange(length) < kept
    x = torch.zeros(1, 1, length, 1)
    identity = torch.eye(length)[None, None]
    seen = attend_to_kept(x, x, identity, keep[None])[0, 0] > 0
    rows = keep[:, None].expand(length, length)
    return [
        {
            "title": "the mask of keys",
            "mask": seen,
            "across": "key",
            "down": "query",
            "says": f"hides the last {length - kept} columns",
        },
        {
            "title": "a mask of queries",
            "mask": rows,
            "wanted": seen,
            "across": "key",
            "down": "query",
            "says": f"leaks {(rows & ~seen).sum()} padded keys",
        },
    ]
