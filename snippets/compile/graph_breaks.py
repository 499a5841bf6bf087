"""Counting what torch.compile makes of a function."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F

from snippets.guards.judge import copied


# --8<-- [start:count_graphs]
def count_graphs(
    function: Callable[..., Any],
    calls: Iterable[tuple[Any, ...]],
    **options: Any,
) -> tuple[int, int]:
    """Return how many graphs were compiled, and how many were
    run.

    Compiles `function`, or a copy of it if it is a module,
    with `options` and calls it with the arguments of each of
    `calls`. A graph runs as it is, so no compiler is needed.
    What torch has compiled before is forgotten.

    Raises: TypeError where `options` choose a compiler by
    backend, mode or options.

    Source: https://docs.pytorch.org/docs/stable/torch.compiler_custom_backends.html

    >>> count_graphs(torch.sin, [(torch.ones(2),)] * 3)
    (1, 3)
    """
    compiled, ran = 0, 0
    function = getattr(function, "_orig_mod", function)
    if {"backend", "mode", "options"} & {*options}:
        raise TypeError(
            "a graph runs as it is: choose no compiler")

    def backend(graph: Any, inputs: Any) -> Callable[..., Any]:
        nonlocal compiled
        compiled += 1

        def run(*args: Any) -> Any:
            nonlocal ran
            ran += 1
            return graph.forward(*args)
        return run

    torch.compiler.reset()
    gpus = range(torch.cuda.device_count())
    try:
        twin: Callable[..., Any] = torch.compile(
            copied(function), backend=backend, **options)
        with torch.random.fork_rng(gpus):
            for args in calls:
                twin(*args)
    finally:
        # the limit counts these graphs, too
        torch.compiler.reset()
    return compiled, ran
# --8<-- [end:count_graphs]


# --8<-- [start:sum_of_positive]
def sum_of_positive(x: torch.Tensor) -> torch.Tensor:
    """Sum the positive elements of x, of any shape, in one
    graph.

    >>> sum_of_positive(torch.tensor([-1, 2, 3]))
    tensor(5)
    """
    return torch.where(x > 0, x, 0).sum()
# --8<-- [end:sum_of_positive]


# --8<-- [start:masked_cross_entropy]
def masked_cross_entropy(
        logits: torch.Tensor, targets: torch.Tensor,
        keep: torch.Tensor) -> torch.Tensor:
    """Average over the kept of N logits (N, C), in one graph.

    Class indices `targets` (N,), int64, and `keep` (N,), where
    True takes part. The loss is 0 if none does. Masked rows
    may hold anything; a kept target is one of 0 to C - 1.
    """
    logits = torch.where(keep[:, None], logits, 0)
    # which is ignored
    targets = torch.where(keep, targets, -100)
    loss = F.cross_entropy(logits, targets)
    return torch.where(keep.any(), loss, 0)
# --8<-- [end:masked_cross_entropy]


# --8<-- [start:assert_one_graph]
def assert_one_graph(
    function: Callable[..., Any], *args: Any, **options: Any
) -> None:
    """Fail where `function(*args)` is compiled in pieces, or
    not at all.

    Compiles as `count_graphs` does, and calls once. A function
    without an operation has no graph, and fails. `function`
    itself must not be decorated with
    `torch.compiler.disable(recursive=False)`.

    Raises: AssertionError that says how many graphs there are,
        or that a break stands behind the only one or before
        it, or that a function is not compiled; TypeError as
        `count_graphs` does.
    """
    ends: list[bool] = []
    function = getattr(function, "_orig_mod", function)
    if {"backend", "mode", "options"} & {*options}:
        raise TypeError(
            "a graph runs as it is: choose no compiler")

    def breaks() -> tuple[int, int]:
        counters = torch._dynamo.utils.counters
        seen = counters["frames"]
        return (sum(counters["graph_break"].values()),
                seen["total"] - seen["ok"])

    def backend(graph: Any, inputs: Any) -> Callable[..., Any]:
        ends.append(graph.compile_subgraph_reason.graph_break)
        forward: Callable[..., Any] = graph.forward
        return forward

    torch.compiler.reset()
    gpus = range(torch.cuda.device_count())
    try:
        twin: Callable[..., Any] = torch.compile(
            copied(function), backend=backend, **options)
        before = breaks()
        with torch.random.fork_rng(gpus):
            twin(*args)
        cuts, left = (b - a for a, b in zip(
            before, breaks(), strict=True))
    finally:
        torch.compiler.reset()
    names = 'TORCH_LOGS="graph_breaks" names the lines'
    assert len(
        ends) == 1, f"{len(ends)} graphs for one call: {names}"
    assert not ends[0], f"the graph ends in a break: {names}"
    assert not left, f"a break leaves a function uncompiled: {names}"
    assert not cuts, f"a break stands before the graph: {names}"
# --8<-- [end:assert_one_graph]
