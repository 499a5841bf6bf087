"""The figure of weighted sampling: how often each sample is drawn."""

import torch
from torch.utils.data import WeightedRandomSampler

INPUT = torch.tensor([6, 2])


def panels(sizes: torch.Tensor) -> list[dict[str, object]]:
    """Draw from classes of these `sizes` by both kinds of weights."""
    labels = torch.arange(len(sizes)).repeat_interleave(sizes)
    class_weight = 1 / torch.bincount(labels)
    found: list[dict[str, object]] = []
    for title, weights in (("class_weight", class_weight),
                           ("class_weight[labels]",
                            class_weight[labels])):
        sampler = WeightedRandomSampler(
            weights.tolist(), 1000,
            generator=torch.Generator().manual_seed(0))
        counts = torch.bincount(
            torch.tensor([*sampler]), minlength=len(labels))
        found.append({
            "title": title,
            "grid": counts[None],
            "colour": labels[None],
            "across": [str(i) for i in range(len(labels))],
            "says": f"{(counts > 0).sum()} of {len(labels)} samples "
            f"come, and {counts[labels == 1].sum()} draws",
        })
    return found
