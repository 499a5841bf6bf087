"""Truncated backpropagation, and a check of the graph's size."""

from collections.abc import Callable

import torch


# --8<-- [start:truncated_gradients]
def truncated_gradients(weight: torch.Tensor, hidden: torch.Tensor,
                        steps: int) -> list[float]:
    """Multiply `hidden` by `weight`, both (1,), once a step.

    Return the gradient of each step's result by `weight`, with the
    state before the step as a constant.

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
    """Call `step` twice; the losses have graphs of one size.

    Raises: AssertionError otherwise.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.graph.Node.next_functions.html
    """
    sizes = []
    for _ in range(2):
        waiting, seen = [step().grad_fn], set()
        while waiting:
            node = waiting.pop()
            if node is not None and node not in seen:
                seen.add(node)
                waiting += [below for below, _ in node.next_functions]
        sizes.append(len(seen))
    if sizes[0] != sizes[1]:
        raise AssertionError(
            "the losses of two steps have graphs of"
            f" {sizes[0]} and {sizes[1]} nodes:"
            " a state that was not detached?")
# --8<-- [end:assert_graph_does_not_grow]
