"""The figure of top-p: the sum that decides whether a token stays."""

import torch

from snippets.generation.top_p import top_p_filter
from snippets.generation.wrong_top_p import without_the_first

INPUT = torch.tensor([0.5, 0.3, 0.12, 0.05, 0.03])
OTHER = torch.tensor([0.4, 0.25, 0.2, 0.1, 0.05])
P = 0.9


def panels(probs: torch.Tensor) -> list[dict[str, object]]:
    """Filter tokens of `probs`, sorted, by the sum before and after."""
    sums = probs.cumsum(0)
    found: list[dict[str, object]] = []
    for title, name, way, row in (
            ("sum before the token", "before", top_p_filter,
             sums - probs),
            ("sum with the token", "sum", without_the_first, sums)):
        kept = way(probs.log(), P).isfinite()
        colour = torch.where(kept, 1, -1).expand(2, -1)
        mass = probs[kept].sum()
        found.append({
            "title": title,
            "grid": torch.stack([probs, row]),
            "colour": colour,
            "down": ["p", name],
            "says": f"{kept.sum()} tokens with {mass:.2f} together",
        })
    return found
