"""Layer norm by hand, equal to torch's."""

import torch


# --8<-- [start:layer_norm]
def layer_norm(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor,
    eps: float = 1e-5,
) -> torch.Tensor:
    """Normalize x (..., *weight.shape) over the axes of weight.

    weight and bias have the shape that torch calls normalized_shape.
    The mean is subtracted before anything is squared.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html

    >>> x = torch.tensor([[6.0, 10.0], [-1.0, -5.0]])
    >>> layer_norm(x, torch.ones(2), torch.zeros(2), eps=0)
    tensor([[-1.,  1.],
            [ 1., -1.]])
    """
    axes = list(range(-weight.dim(), 0))
    centred = x - x.mean(axes, keepdim=True)
    var = centred.square().mean(axes, keepdim=True)
    return weight * centred / (var + eps).sqrt() + bias
# --8<-- [end:layer_norm]
