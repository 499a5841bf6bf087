"""Buffers that a checkpoint can fill, and a test of it."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


# --8<-- [start:standardize]
class Standardize(nn.Module):
    """Subtract a fitted mean, divide by a given scale.

    Raises: TypeError where scale is not of a floating dtype.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_buffer

    >>> Standardize(torch.tensor([2.0]))(torch.tensor([[6.0]]))
    tensor([[3.]])
    """

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, scale: torch.Tensor) -> None:
        """Hold a copy of scale (D,) and a mean of zeros.

        Raises: TypeError where scale is not of a floating
        dtype.
        """
        super().__init__()
        if not scale.is_floating_point():
            raise TypeError(
                f"scale is {scale.dtype}, not floating")
        self.register_buffer("mean", torch.zeros_like(scale))
        self.register_buffer("scale", scale.detach().clone())

    def fit(self, x: torch.Tensor) -> None:
        """Take the mean of x (B, D) over B."""
        self.mean.copy_(x.detach().mean(0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, D) for x (B, D)."""
        return (x - self.mean) / self.scale
# --8<-- [end:standardize]


# --8<-- [start:assert_state_loads]
def assert_state_loads(
    make: Callable[[], nn.Module], trained: nn.Module,
) -> None:
    """Check that a module from make() takes all that trained
    saves.

    Numbers are compared exactly, across dtypes too. Extra
    state that is no tensor is loaded, but not compared.

    Raises:
        AssertionError: names the keys that have no place, have
            another shape, or come out with other numbers.
        RuntimeError: torch's own, where trained lacks a key,
            or a module is on meta, holds quantized numbers or
            has not made its lazy weights.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.load_state_dict
    """
    def alike(ours: Any, saved: torch.Tensor) -> bool:
        if not isinstance(ours, torch.Tensor) or (
                ours.shape != saved.shape):
            return False
        a, b = ours.to_dense().cpu(), saved.to_dense().cpu()
        if not b.is_floating_point() | b.is_complex() and not (
                a.to(b.dtype).equal(b)):  # beyond 2**53
            return False
        return a.to(torch.complex128).allclose(
            b.to(torch.complex128), rtol=0, atol=0,
            equal_nan=True)

    new, state = make(), trained.state_dict()
    homeless = [
        key for key in state if key not in new.state_dict()]
    assert not homeless, (
        f"a new module has no place for {homeless}:"
        " register each buffer with its shape")
    loaded = new.state_dict()
    saved = {key: value for key, value in state.items()
             if isinstance(value, torch.Tensor)}
    resized = [key for key in saved
               if not key.endswith("_extra_state")
               and loaded[key].shape != saved[key].shape]
    assert not resized, f"another shape in a new module: {resized}"
    new.load_state_dict(state)
    loaded = new.state_dict()
    other = [key for key, value in saved.items()
             if not alike(loaded[key], value)]
    assert not other, f"loaded with other numbers: {other}"
# --8<-- [end:assert_state_loads]
