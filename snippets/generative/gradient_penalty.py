"""The gradient penalty of a critic, as in WGAN-GP."""

from collections.abc import Callable

import torch


# --8<-- [start:slope_norms]
def slope_norms(
        critic: Callable[[torch.Tensor], torch.Tensor],
        points: torch.Tensor) -> torch.Tensor:
    """Return the norm (N,) of each sample's gradient at
    `points`.

    `points` are floats (N, ...) with an axis after N; `critic`
    scores each sample alone. The norms have a graph, to be
    trained through.

    Raises: ValueError where `points` lacks an axis or is no
        float; RuntimeError where the scores do not depend on
        the points.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad.html
    """
    if points.dim() < 2 or not points.is_floating_point():
        raise ValueError(
            f"points must be floats (N, ...), not "
            f"{points.dtype} {tuple(points.shape)}")
    points = points.detach().requires_grad_()
    slope, = torch.autograd.grad(
        critic(points).sum(), points, create_graph=True)
    norms: torch.Tensor = torch.linalg.vector_norm(
        slope.flatten(1), dim=1)
    return norms
# --8<-- [end:slope_norms]


# --8<-- [start:gradient_penalty]
def gradient_penalty(
        critic: Callable[[torch.Tensor], torch.Tensor],
        real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    """Return the mean of (norm - 1)², between real and fake
    samples.

    `real` and `fake` are floats (N, ...) of one shape. Each
    sample draws one number, and its point lies between its two
    samples. For finite samples.

    Raises: ValueError where the shapes differ; see
    `slope_norms`.
    Source: https://github.com/caogang/wgan-gp/issues/27
    """
    if real.shape != fake.shape:
        raise ValueError(f"{tuple(real.shape)} real, but "
                         f"{tuple(fake.shape)} fake")
    ones = [1] * (real.dim() - 1)
    alpha = torch.rand([*real.shape[:1], *ones],
                       device=real.device)
    points = fake + alpha.to(real.dtype) * (real - fake)
    return (slope_norms(critic, points) - 1).square().mean()
# --8<-- [end:gradient_penalty]
