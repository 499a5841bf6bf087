"""Layer norm by hand, equal to torch's."""

from collections.abc import Callable

import torch

from snippets.guards.judge import Undecided


# --8<-- [start:layer_norm]
def layer_norm(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor,
    eps: float = 1e-5,
) -> torch.Tensor:
    """Normalize x (..., *weight.shape) over the axes of
    weight.

    weight and bias have the shape that torch calls
    normalized_shape. The mean is subtracted before anything is
    squared, in float32 where x has 16 bits; no float8. The
    squares must fit.

    Raises:
        TypeError: x is not floating.
        ValueError: weight has no axes, or x does not end in
            its shape.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html

    >>> x = torch.tensor([[6.0, 10.0], [-1.0, -5.0]])
    >>> layer_norm(x, torch.ones(2), torch.zeros(2), eps=0)
    tensor([[-1.,  1.],
            [ 1., -1.]])
    """
    if not x.is_floating_point():
        raise TypeError(f"x is {x.dtype}, not floating")
    axes = list(range(-weight.dim(), 0))
    if not axes or x.shape[-weight.dim():] != weight.shape:
        raise ValueError(
            f"{tuple(x.shape)} does not end in {tuple(weight.shape)}")
    centred = x.to(torch.promote_types(x.dtype, torch.float32))
    # the first mean of large numbers is rounded
    for _ in range(2):
        centred = centred - centred.mean(axes, keepdim=True)
    var = centred.square().mean(axes, keepdim=True)
    out = weight * centred / (var + eps).sqrt() + bias
    return out.to(x.dtype)
# --8<-- [end:layer_norm]


# --8<-- [start:assert_standardizes]
def assert_standardizes(
        norm: Callable[[torch.Tensor], torch.Tensor],
        x: torch.Tensor) -> None:
    """Check the mean and the biased deviation of `norm(x)`,
    (..., D).

    The features of each token of x are spread by about 1, and
    `norm` has a scale of 1, a bias of 0 and an ε of at most
    1e-5. Runs in float32, at two means.

    Raises:
        AssertionError: the mean is not 0 or the deviation not
            1.
        Undecided: x is not floating, is empty or on meta, is
            spread by less than 0.3 or more than 10 in a token,
            or has a number beyond 100.
    """
    fits = x.is_floating_point() and x.numel() > 0 and not x.is_meta
    if fits:
        spread = x.double().std(-1, correction=0)
        fits = bool(((spread > 0.3) & (spread < 10)).all()
                    and (x.double().abs() < 100).all())
    if not fits:
        raise Undecided(
            "spread the features of each token by about 1")
    for shift, tolerance in ((0, 1e-4), (10_000, 1e-2)):
        out = norm(x.float() + shift).double()
        mean = out.mean(-1).abs().max().item()
        spread = out.std(-1, correction=0).flatten()
        worst = spread[(spread - 1).abs().argmax()].item()
        right = mean <= tolerance and abs(
            worst - 1) <= tolerance
        assert right, (
            f"mean {mean:.2f}, deviation {worst:.2f} of x + {shift}: "
            "the unbiased deviation, or a difference of squares")
# --8<-- [end:assert_standardizes]
