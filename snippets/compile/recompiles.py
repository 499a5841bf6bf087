"""Modules and checks that compile once."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from snippets.compile.graph_breaks import count_graphs


# --8<-- [start:warmup]
class Warmup(nn.Module):
    """Scale by the number of the call, up to 1 at call `steps`.

    The number is a tensor, so that a compiled forward reads it.

    >>> warmup = Warmup(steps=4)
    >>> [warmup(torch.ones(())).item() for _ in range(5)]
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """

    step: torch.Tensor

    def __init__(self, steps: int) -> None:
        """Begin at 0; the count is saved with the model."""
        super().__init__()
        self.steps = steps
        self.register_buffer("step", torch.tensor(0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x, of any shape, times min(1, step / steps)."""
        self.step += 1
        return x * (self.step / self.steps).clamp(max=1)
# --8<-- [end:warmup]


# --8<-- [start:assert_compiles]
def assert_compiles(
    function: Callable[..., Any],
    calls: list[tuple[Any, ...]],
    most: int,
    **options: Any,
) -> None:
    """Fail where `calls` need more than `most` graphs, or run without.

    Give more calls than `most`, with all that varies in real ones.

    Raises: AssertionError that says how many graphs were compiled.
    """
    compiled, ran = count_graphs(function, calls, **options)
    assert compiled <= most, (
        f"{len(calls)} calls compiled {compiled} graphs, not {most}")
    assert ran >= len(calls), f"only {ran} of {len(calls)} calls ran one"
# --8<-- [end:assert_compiles]
