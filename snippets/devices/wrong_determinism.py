"""A seed, taken for all that a run depends on."""

import random

import torch


# --8<-- [start:seed_only]
def seed_only(seed: int) -> None:
    """Seed torch and `random`, and leave each operation as it
    is."""
    torch.manual_seed(seed)
    random.seed(seed)
# --8<-- [end:seed_only]
