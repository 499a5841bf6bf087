"""Parameters, and rows of parameters, that no step moves."""

from collections.abc import Iterable

import torch
from torch import nn


# --8<-- [start:freeze]
def freeze(parameters: Iterable[nn.Parameter]) -> None:
    """Let no further step of an optimizer move the parameters.

    LBFGS is left out: it takes a gradient of None for zeros.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.zero_grad.html

    >>> layer = nn.Linear(1, 1)
    >>> freeze(layer.parameters())
    >>> layer.weight.requires_grad, layer.weight.grad
    (False, None)
    """
    for parameter in parameters:
        parameter.requires_grad_(False)
        parameter.grad = None
# --8<-- [end:freeze]


# --8<-- [start:step_except_rows]
@torch.no_grad()
def step_except_rows(
    optimizer: torch.optim.Optimizer, weight: torch.Tensor,
    frozen: list[int],
) -> None:
    """Step, and put the frozen rows of weight (N, ...) back.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.step.html
    """
    before = weight[frozen].clone()
    optimizer.step()
    weight[frozen] = before
# --8<-- [end:step_except_rows]
