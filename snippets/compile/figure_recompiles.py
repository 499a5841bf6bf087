"""The figure of recompiles: how many graphs there are by call."""

import logging
from collections.abc import Callable
from typing import Any

import torch

from snippets.compile.wrong_recompiles import WarmupByPythonNumber

INPUT = torch.tensor(12)


def graphs_by_call(
        function: Callable[..., Any], sizes: list[int],
) -> torch.Tensor:
    """Call `function` with ones of `sizes`, and count its graphs."""
    compiled, counts = 0, []

    def backend(graph: Any, inputs: Any) -> Callable[..., Any]:
        nonlocal compiled
        compiled += 1
        forward: Callable[..., Any] = graph.forward
        return forward

    torch.compiler.reset()
    twin: Callable[..., Any] = torch.compile(function, backend=backend)
    for size in sizes:
        twin(torch.ones(size))
        counts.append(compiled)
    torch.compiler.reset()
    return torch.tensor(counts)


def panels(calls: torch.Tensor) -> list[dict[str, object]]:
    """Count the graphs of three functions in `calls` calls."""
    n = int(calls)
    logging.disable(logging.WARNING)
    try:
        curves = {
            "a number in a module": graphs_by_call(
                WarmupByPythonNumber(steps=n), [2] * n),
            "a size": graphs_by_call(
                lambda x: x * 2, list(range(2, n + 2))),
            "nothing": graphs_by_call(lambda x: x * 2, [2] * n),
        }
    finally:
        logging.disable(logging.NOTSET)
    most, sizes, fixed = (y[-1].item() for y in curves.values())
    return [{
        "title": "what changes from call to call",
        "curves": curves,
        "x": torch.arange(1, n + 1),
        "across": "call",
        "down": "graphs",
        "says": [f"In {n} calls", f"needs {most} graphs",
                 f"needs {sizes}", f"need {fixed} graph"],
    }]
