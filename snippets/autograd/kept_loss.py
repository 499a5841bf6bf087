"""Averaging losses without keeping their graphs, and checks for it."""

import weakref
from collections import deque
from collections.abc import Iterable, Mapping

import torch
from torch import nn


# --8<-- [start:count_nodes]
def count_nodes(x: torch.Tensor) -> int:
    """Count the nodes of the graph that `x` keeps alive.

    A view keeps the graph of its base, too.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.graph.Node.next_functions.html

    >>> count_nodes(torch.ones(1, requires_grad=True).exp())
    2
    """
    base = x if x._base is None else x._base
    waiting, seen = [x.grad_fn, base.grad_fn], set()
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            waiting += [
                below for below, _ in node.next_functions]
    return len(seen)
# --8<-- [end:count_nodes]


# --8<-- [start:watch_outputs]
def watch_outputs(
        module: nn.Module) -> list[weakref.ref[torch.Tensor]]:
    """Return a list that gets a weak reference to each output.

    Each tensor of an output in tuples, lists or dicts gets its
    own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_forward_hook

    >>> outputs = watch_outputs(layer := nn.Identity())
    >>> y = layer(torch.ones(1))
    >>> len(outputs), outputs[0]() is y
    (1, True)
    """
    outputs: list[weakref.ref[torch.Tensor]] = []

    def watch(module: nn.Module, inputs: object,
              output: object) -> None:
        if isinstance(output, torch.Tensor):
            outputs.append(weakref.ref(output))
        elif isinstance(output, Mapping):
            watch(module, inputs, list(output.values()))
        elif isinstance(output, list | tuple):
            for part in output:
                watch(module, inputs, part)

    module.register_forward_hook(watch)
    return outputs
# --8<-- [end:watch_outputs]


# --8<-- [start:train_and_average]
def train_and_average(
        model: nn.Module, optimizer: torch.optim.Optimizer,
        batches: Iterable[torch.Tensor]) -> torch.Tensor:
    """Train on the mean square of the outputs; return the mean
    loss.

    The result has no axes and no graph. `batches` are of shape
    (B, D), all of one B.

    Raises:
        ValueError: there is no batch.
        RuntimeError: the loss is not of real floating dtype,
            or has no graph, as under `no_grad`.

    Source: https://docs.pytorch.org/docs/stable/notes/faq.html
    """
    losses = []
    for x in batches:
        loss = model(x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    if not losses:
        raise ValueError("there is no batch to average over")
    return torch.stack(losses).mean()
# --8<-- [end:train_and_average]


# --8<-- [start:assert_holds_no_graph]
def assert_holds_no_graph(
        kept: object, name: str = "") -> None:
    """Look for a graph in tensors, and in containers of them.

    These are dicts (their values), lists, tuples, sets and
    deques. A view keeps the graph of its base. The `.grad` of
    a tensor is not looked at.

    Raises:
        AssertionError: names the place.
        RecursionError: a container holds itself.
    """
    if isinstance(kept, torch.Tensor):
        base = kept if kept._base is None else kept._base
        node = kept.grad_fn or base.grad_fn
        if node is not None:
            raise AssertionError(
                f"{name or 'the tensor'} holds a graph"
                f" ({node.name()}): detach what is kept")
    if isinstance(kept, Mapping):
        for key, value in kept.items():
            assert_holds_no_graph(value, f"{name}[{key!r}]")
    elif isinstance(kept, list | tuple | set | frozenset | deque):
        for i, value in enumerate(kept):
            assert_holds_no_graph(value, f"{name}[{i}]")
# --8<-- [end:assert_holds_no_graph]
