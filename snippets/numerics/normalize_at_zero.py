"""Unit vectors whose gradient is 0 at the zero vector."""

import torch


# --8<-- [start:unit_or_zero]
def unit_or_zero(x: torch.Tensor, dim: int = -1,
                 least: float = 1e-6) -> torch.Tensor:
    """Divide the vectors of `x` along `dim` by their length.

    A vector shorter than `least` becomes 0, with a gradient of
    0. A gradient is at most 1 / `least` times the incoming
    one. In float16, a `least` below 6.1e-5 counts as 6.1e-5.

    Raises:
        RuntimeError: `x` holds integers.
        IndexError: `x` has no axis `dim`.
        ValueError: `least` is not above 0.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html

    >>> unit_or_zero(torch.tensor([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    length: torch.Tensor = torch.linalg.vector_norm(
        x, dim=dim, keepdim=True)
    if not least > 0:
        raise ValueError("least is not above 0")
    short = length < max(least, torch.finfo(length.dtype).tiny)
    return x.masked_fill(short, 0) / length.masked_fill(short, 1)
# --8<-- [end:unit_or_zero]
