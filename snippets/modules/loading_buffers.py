"""Buffers that a checkpoint can fill, and a test of it."""

from collections.abc import Callable

import torch
from torch import nn


# --8<-- [start:standardize]
class Standardize(nn.Module):
    """Subtract a fitted mean, divide by a given scale.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_buffer

    >>> Standardize(torch.tensor([2.0]))(torch.tensor([[6.0]]))
    tensor([[3.]])
    """

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, scale: torch.Tensor) -> None:
        """Hold a copy of scale (D,) and a mean of zeros."""
        super().__init__()
        self.register_buffer("mean", torch.zeros_like(scale))
        self.register_buffer("scale", scale.clone())

    def fit(self, x: torch.Tensor) -> None:
        """Take the mean of x (B, D) over B."""
        self.mean.copy_(x.mean(0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, D) for x (B, D)."""
        return (x - self.mean) / self.scale
# --8<-- [end:standardize]


# --8<-- [start:assert_state_loads]
def assert_state_loads(
    make: Callable[[], nn.Module], trained: nn.Module,
) -> None:
    """Check that a module from make() takes all that trained saves.

    Raises: AssertionError with the keys that have no place, or come
    out with other numbers.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.load_state_dict
    """
    new, saved = make(), trained.state_dict()
    homeless = [key for key in saved if key not in new.state_dict()]
    assert not homeless, (
        f"a new module has no place for {homeless}:"
        " register each buffer with its shape")
    new.load_state_dict(saved)
    loaded = new.state_dict()
    other = [key for key in saved
             if not torch.equal(loaded[key], saved[key])]
    assert not other, f"loaded with other numbers: {other}"
# --8<-- [end:assert_state_loads]
