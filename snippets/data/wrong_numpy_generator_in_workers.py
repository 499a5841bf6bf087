"""Datasets and seeds with which workers repeat each other."""

from typing import Any

import numpy as np
from torch.utils.data import Dataset


# --8<-- [start:one_generator]
class OneGenerator(Dataset[Any]):
    """Images (N, ...) plus noise of one generator that all
    copy."""

    def __init__(self, images: Any) -> None:
        """Hold the images."""
        self.images = images
        self.rng = np.random.default_rng(0)

    def __len__(self) -> int:
        """Return N."""
        return len(self.images)

    def __getitem__(self, index: int) -> Any:
        """Return image `index` plus noise."""
        image = self.images[index]
        return image + self.rng.normal(size=np.shape(image))
# --8<-- [end:one_generator]


# --8<-- [start:global_generator]
class GlobalGenerator(Dataset[Any]):
    """Images (N, ...) plus noise of NumPy's global
    generator."""

    def __init__(self, images: Any) -> None:
        """Hold the images."""
        self.images = images

    def __len__(self) -> int:
        """Return N."""
        return len(self.images)

    def __getitem__(self, index: int) -> Any:
        """Return image `index` plus noise."""
        image = self.images[index]
        return image + np.random.normal(size=np.shape(image))
# --8<-- [end:global_generator]


# --8<-- [start:seed_from_state]
def seed_from_state(worker_id: int) -> None:
    """Seed NumPy as old answers do; every epoch gets the same
    seeds."""
    state: Any = np.random.get_state()
    np.random.seed(state[1][0] + worker_id)
# --8<-- [end:seed_from_state]
