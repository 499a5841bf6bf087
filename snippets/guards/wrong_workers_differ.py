"""Data sets whose augmentations repeat in workers or epochs."""

import random
from typing import Any

import torch
from torch.utils.data import Dataset


# --8<-- [start:keeps_items]
class KeepsItems(Dataset[Any]):
    """Samples (N, ...) plus noise; keeps each item that it
    made."""

    def __init__(self, samples: torch.Tensor) -> None:
        """Hold the samples, and a place for items."""
        self.samples = samples
        self.kept: dict[int, torch.Tensor] = {}

    def __len__(self) -> int:
        """Return N."""
        return len(self.samples)

    def __getitem__(self, index: int) -> torch.Tensor:
        """Return the sample with the noise of its first
        time."""
        if index not in self.kept:
            x = self.samples[index]
            self.kept[index] = x + torch.randn_like(x)
        return self.kept[index]
# --8<-- [end:keeps_items]


# --8<-- [start:follows_epoch]
class FollowsEpoch(Dataset[Any]):
    """Samples (N, ...) plus noise of a seed for
    (epoch, index).

    Workers that live on do not see a later `set_epoch`.
    """

    def __init__(self, samples: torch.Tensor) -> None:
        """Hold the samples; begin with epoch 0."""
        self.samples, self.epoch = samples, 0

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch, in the process that calls this."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Return N."""
        return len(self.samples)

    def __getitem__(self, index: int) -> torch.Tensor:
        """Return the sample plus the noise of the epoch and
        index."""
        x = self.samples[index]
        generator = torch.Generator(device=x.device)
        generator.manual_seed(len(self) * self.epoch + index)
        return x + torch.randn(
            x.shape, generator=generator, device=x.device)
# --8<-- [end:follows_epoch]


# --8<-- [start:seed_by_worker]
def seed_by_worker(worker: int) -> None:
    """Seed by the number of the worker alone, as
    `worker_init_fn`."""
    random.seed(worker)
    torch.manual_seed(worker)
# --8<-- [end:seed_by_worker]
