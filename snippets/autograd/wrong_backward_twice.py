"""A state that drags the graphs of all steps along."""

import torch


# --8<-- [start:gradients_of_carried_state]
def gradients_of_carried_state(
        weight: torch.Tensor, hidden: torch.Tensor, steps: int,
        retain_graph: bool = False) -> list[float]:
    """Raise in the second step, or return gradients through
    all steps."""
    gradients: list[float] = []
    for _ in range(steps):
        hidden = weight * hidden
        weight.grad = None
        hidden.sum().backward(retain_graph=retain_graph)
        assert weight.grad is not None
        gradients.append(weight.grad.item())
    return gradients
# --8<-- [end:gradients_of_carried_state]
