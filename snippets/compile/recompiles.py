"""Modules and checks that compile once."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

from snippets.guards.judge import Undecided, asserts_undecided, copied


# --8<-- [start:warmup]
class Warmup(nn.Module):
    """Scale x by the number of the call, up to 1 at call
    `steps`.

    Give floats of any shape; they keep their dtype. The number
    is a tensor, so that a compiled forward reads it.

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
        """Return x times min(1, step / steps)."""
        self.step += 1
        share = (self.step.double() / self.steps).clamp(max=1)
        # an x without axes stays float32
        return (x[None] * share)[0]
# --8<-- [end:warmup]


# --8<-- [start:assert_compiles]
def assert_compiles(
    function: Callable[..., Any],
    calls: Iterable[tuple[Any, ...]],
    most: int,
    **options: Any,
) -> None:
    """Fail where `calls` need more than `most` graphs, or run
    none.

    Compiles `function`, or a copy of it if it is a module.
    Give more calls than `most`, which vary as your real calls
    do. What torch has compiled before is forgotten.

    Raises:
        AssertionError: says how many graphs were compiled, or
            which call ran none.
        Undecided: there are too few calls to need more than
            `most`, or an `assert` in the function fails.
        TypeError: `options` choose a compiler by backend, mode
            or options.
    """
    compiled = 0
    function = getattr(function, "_orig_mod", function)
    if {"backend", "mode", "options"} & {*options}:
        raise TypeError(
            "a graph runs as it is: choose no compiler")
    runs: list[int] = []

    def backend(graph: Any, inputs: Any) -> Callable[..., Any]:
        nonlocal compiled
        compiled += 1

        def run(*args: Any) -> Any:
            runs[-1] += 1
            return graph.forward(*args)
        return run

    torch.compiler.reset()
    gpus = range(torch.cuda.device_count())
    try:
        twin: Callable[..., Any] = torch.compile(
            copied(function), backend=backend, **options)
        with asserts_undecided(), torch.random.fork_rng(gpus):
            for args in calls:
                runs.append(0)
                twin(*args)
    finally:
        # the limit counts these graphs, too
        torch.compiler.reset()
    assert compiled <= most, (
        f"{len(runs)} calls compiled {compiled} graphs, not {most}")
    assert 0 not in runs, (
        f"call {runs.index(0) + 1} of {len(runs)} ran no graph")
    if len(runs) <= most:
        raise Undecided(
            f"{len(runs)} calls: give more than {most}")
# --8<-- [end:assert_compiles]
