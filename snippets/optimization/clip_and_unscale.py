"""Gradient clipping with a scaled loss, and a test of its order."""

from collections.abc import Callable, Iterable

import torch
from torch import nn

from snippets.guards.judge import Undecided


# --8<-- [start:clipped_step]
def clipped_step(
    scaler: torch.amp.GradScaler,
    optimizer: torch.optim.Optimizer,
    parameters: Iterable[nn.Parameter],
    max_norm: float,
) -> torch.Tensor:
    """Step after `scaler.scale(loss).backward()`, clipped.

    Returns the norm (a scalar) of the true gradient,
    unclipped. For a scaler with one optimizer, because it
    updates the scale.

    Raises: ValueError where a parameter is not of this
    optimizer, or a gradient is in float16 (a scaler with
    `enabled=False` takes it).
    Source: https://docs.pytorch.org/docs/stable/notes/amp_examples.html
    """
    # model.parameters() runs once
    parameters = list(parameters)
    held = {id(parameter) for group in optimizer.param_groups
            for parameter in group["params"]}
    if not held.issuperset(map(id, parameters)):
        raise ValueError(
            "a parameter is not of this optimizer")
    scaler.unscale_(optimizer)
    norm = nn.utils.clip_grad_norm_(parameters, max_norm)
    scaler.step(optimizer)
    scaler.update()
    return norm
# --8<-- [end:clipped_step]


# --8<-- [start:assert_step_ignores_scale]
def assert_step_ignores_scale(
    step: Callable[..., object], device: str,
) -> None:
    """Check step(scaler, optimizer, parameters, max_norm) of
    SGD.

    One gradient has a norm above max_norm, and one below it.

    Raises:
        AssertionError: two loss scales give two steps.
        Undecided: the step with scale 1 is not clipped to
            max_norm.
    Source: https://docs.pytorch.org/docs/stable/notes/amp_examples.html
    """
    def weights(slope: float, scale: float) -> torch.Tensor:
        weight = nn.Parameter(torch.zeros(2, device=device))
        optimizer = torch.optim.SGD([weight], lr=1.0)
        scaler = torch.amp.GradScaler(device, init_scale=scale)
        scaler.scale((slope * weight).sum()).backward()
        step(scaler, optimizer, [weight], 1.0)
        return weight.detach()

    if not 0.99 < weights(3.0, 1.0).norm().item() < 1.01:
        raise Undecided("the step is not clipped to max_norm")
    for slope in (3.0, 0.1):
        gap = (weights(slope, 65536.0)
               - weights(slope, 1.0)).norm()
        assert gap.item() <= 1e-3, (
            "the step depends on the loss scale:"
            " clip after scaler.unscale_")
# --8<-- [end:assert_step_ignores_scale]
