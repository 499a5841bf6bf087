"""The figure of set_epoch: which rank loads which sample."""

from typing import Any

import torch
from torch.utils.data import DistributedSampler

INPUT = torch.tensor(10)
OTHER = torch.tensor(8)


def loaded_by(samples: int, epochs: int, call: bool) -> torch.Tensor:
    """Return the rank that loads each sample, (epochs, samples)."""
    rank_of = torch.full((epochs, samples), -1)
    dataset = torch.utils.data.TensorDataset(torch.arange(samples))
    for rank in range(2):
        sampler: Any = DistributedSampler(
            dataset, 2, rank, shuffle=True)
        for epoch in range(epochs):
            if call:
                sampler.set_epoch(epoch)
            rank_of[epoch, list(sampler)] = rank
    return rank_of


def panels(samples: torch.Tensor) -> list[dict[str, object]]:
    """Deal `samples` samples to two ranks, for four epochs."""
    found: list[dict[str, object]] = []
    for title, call in (
            ("without set_epoch", False), ("with set_epoch", True)):
        ranks = loaded_by(int(samples), 4, call)
        met = (ranks == 0).any(0).sum()
        found.append({
            "title": title,
            "grid": ranks,
            "colour": ranks,
            "across": "sample",
            "down": [f"epoch {epoch}" for epoch in range(len(ranks))],
            "says": f"rank 0 meets {met} of {samples} samples",
        })
    return found
