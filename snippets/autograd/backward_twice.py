"""Truncated backpropagation, and a check of the graph's size."""

from collections.abc import Callable

import torch

from snippets.guards.judge import Undecided


# --8<-- [start:truncated_gradients]
def truncated_gradients(weight: torch.Tensor,
                        hidden: torch.Tensor,
                        steps: int) -> list[float]:
    """Multiply `hidden` by `weight`, both (1,), once a step.

    Return the gradient of each step's result by `weight`, with
    the state before the step as a constant.

    Raises: RuntimeError where `weight` requires no gradient or
        is not of real floating dtype, or one of the two is on
        meta.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.detach.html
    """
    gradients: list[float] = []
    for _ in range(steps):
        hidden = weight * hidden.detach()
        gradient, = torch.autograd.grad(hidden, weight)
        gradients.append(gradient.item())
    return gradients
# --8<-- [end:truncated_gradients]


# --8<-- [start:assert_graph_does_not_grow]
def assert_graph_does_not_grow(
        step: Callable[[], torch.Tensor]) -> None:
    """Call `step` three times; the third graph has no more
    nodes.

    `step` returns a loss with its graph, on batches of one
    shape. The first call is left out: a state may be None
    before it. A state that is detached every few steps is no
    case for this check.

    Raises:
        AssertionError: the third loss has more nodes than the
            second.
        Undecided: a loss has no graph to count.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.graph.Node.next_functions.html
    """
    sizes = []
    for _ in range(3):
        node = getattr(step(), "grad_fn", None)
        if node is None:
            raise Undecided(
                "the loss has no graph: let step return"
                " it before detach and item")
        waiting, seen = [node], set()
        while waiting:
            node = waiting.pop()
            if node is not None and node not in seen:
                seen.add(node)
                waiting += [
                    below for below, _ in node.next_functions]
        sizes.append(len(seen))
    if sizes[2] > sizes[1]:
        raise AssertionError(
            "the losses of two steps have graphs of"
            f" {sizes[1]} and {sizes[2]} nodes:"
            " a state that was not detached?")
# --8<-- [end:assert_graph_does_not_grow]
