"""Layer norm over channels, RMS norm, and the axes of any norm."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from snippets.guards.judge import Undecided, copied


# --8<-- [start:channel_layer_norm]
class ChannelLayerNorm(nn.LayerNorm):
    """Layer norm over the channels of each pixel.

    In memory the channels of the result are last: to flatten
    it, use reshape and not view.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html

    >>> ChannelLayerNorm(3)(torch.zeros(2, 3, 4, 5)).shape
    torch.Size([2, 3, 4, 5])
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Return input (B, C, ...) normalized over C."""
        last = F.layer_norm(
            input.movedim(1, -1), self.normalized_shape,
            self.weight, self.bias, self.eps)
        return last.movedim(-1, 1)
# --8<-- [end:channel_layer_norm]


# --8<-- [start:rms_norm]
def rms_norm(
    x: torch.Tensor, weight: torch.Tensor, eps: float = 1e-5,
) -> torch.Tensor:
    """Divide x (..., D) by its root mean square; weight is
    (D,).

    x has 16 bits or more. Computes in float32 where it has 16.
    As in torch, numbers whose squares overflow become 0.

    Raises: TypeError where x is not floating.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html

    >>> rms_norm(torch.tensor([6.0, -6.0]), torch.ones(2), eps=0)
    tensor([ 1., -1.])
    """
    if not x.is_floating_point():
        raise TypeError(f"x is {x.dtype}, not floating")
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    mean_square = wide.square().mean(-1, keepdim=True)
    return (weight * (wide /
                      (mean_square + eps).sqrt())).to(x.dtype)
# --8<-- [end:rms_norm]


# --8<-- [start:normalized_axes]
def normalized_axes(
    norm: Callable[[torch.Tensor], torch.Tensor],
    x: torch.Tensor,
) -> tuple[int, ...]:
    """Return the axes of x along which norm lets elements
    interact.

    An axis counts if the largest output depends on another
    input along it. Use random values, and no axis shorter than
    3. In half precision small gradients vanish, so use float32
    or float64. A module is copied, so its running statistics
    stay. Not on meta.

    Raises:
        TypeError: x is not floating.
        ValueError: x has no elements, or norm gives another
            shape.
        Undecided: the largest output does not depend on its
            input.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad.html

    >>> normalized_axes(nn.LayerNorm(4), torch.randn(3, 4))
    (1,)
    """
    if not x.is_floating_point():
        raise TypeError(f"x is {x.dtype}, not floating")
    with (torch.random.fork_rng(
            range(torch.cuda.device_count())),
          torch.inference_mode(False), torch.enable_grad()):
        x = x.detach().clone().requires_grad_()
        out = copied(norm)(x.clone())
    if x.numel() == 0 or out.shape != x.shape:
        raise ValueError(
            f"{tuple(x.shape)} becomes {tuple(out.shape)}")
    place = int(out.detach().abs().argmax())
    largest = torch.unravel_index(torch.tensor(place), x.shape)
    index = [int(i) for i in largest]
    gradient = None
    if out.requires_grad:
        with torch.inference_mode(False), torch.enable_grad():
            (gradient,) = torch.autograd.grad(
                out[tuple(index)], x, allow_unused=True)
    if gradient is None or not gradient.isfinite().all() or (
            gradient[tuple(index)] == 0):
        raise Undecided(
            "the largest output does not depend on its x")
    axes = []
    for axis in range(x.dim()):
        along = gradient
        for other in reversed(range(x.dim())):
            if other != axis:
                along = along.select(other, index[other])
        if (along != 0).sum() > 1:
            axes.append(axis)
    return tuple(axes)
# --8<-- [end:normalized_axes]
