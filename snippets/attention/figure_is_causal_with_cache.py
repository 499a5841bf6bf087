"""The figure of causal masks over a cache: which keys are seen."""

import torch

from snippets.attention.is_causal_with_cache import causal_with_cache
from snippets.attention.wrong_is_causal_with_cache import (
    causal_from_the_first_key,
)

INPUT = torch.tensor([2, 6])


def panels(sizes: torch.Tensor) -> list[dict[str, object]]:
    """Show the keys that new queries see; `sizes` counts both."""
    queries, keys = sizes.tolist()
    q, k = torch.zeros(queries, 1), torch.zeros(keys, 1)
    v = torch.eye(keys)
    seen = causal_from_the_first_key(q, k, v) > 0
    wanted = causal_with_cache(q, k, v) > 0
    places = [str(place) for place in range(keys - queries, keys)]
    return [
        {
            "title": "is_causal=True",
            "mask": seen,
            "wanted": wanted,
            "across": "key",
            "down": places,
            "says": f"sees keys 0 to {seen[-1].sum() - 1}",
        },
        {
            "title": "aligned bottom-right",
            "mask": wanted,
            "across": "key",
            "down": places,
            "says": f"at place {keys - 1} of the text",
        },
    ]
