"""Layer norm over channels, RMS norm, and the axes of any norm."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:channel_layer_norm]
class ChannelLayerNorm(nn.LayerNorm):
    """Layer norm over the channels of each pixel.

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
    """Divide x (..., D) by its root mean square; weight is (D,).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html

    >>> rms_norm(torch.tensor([6.0, -6.0]), torch.ones(2), eps=0)
    tensor([ 1., -1.])
    """
    mean_square = x.square().mean(-1, keepdim=True)
    return weight * x / (mean_square + eps).sqrt()
# --8<-- [end:rms_norm]


# --8<-- [start:normalized_axes]
def normalized_axes(
    norm: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor,
) -> tuple[int, ...]:
    """Return the axes of x along which norm lets elements interact.

    An axis counts if the first output depends on another input along
    it. Use random floating values, and no axis shorter than 3.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad.html

    >>> normalized_axes(nn.LayerNorm(4), torch.randn(3, 4))
    (1,)
    """
    x = x.detach().requires_grad_()
    first = norm(x).flatten()[0]
    (gradient,) = torch.autograd.grad(first, x)
    axes = []
    for axis in range(x.dim()):
        along = gradient.movedim(axis, -1).reshape(-1, x.shape[axis])
        if along[0, 1:].any():
            axes.append(axis)
    return tuple(axes)
# --8<-- [end:normalized_axes]
