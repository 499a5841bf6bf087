"""The angle between vectors, with a finite gradient at 0 and pi."""

import torch
import torch.nn.functional as F


# --8<-- [start:angle]
def angle(a: torch.Tensor, b: torch.Tensor,
          dim: int = -1) -> torch.Tensor:
    """Return the angles between vectors along `dim`, from 0 to
    pi.

    `a` and `b` have one shape (..., D, ...) and one dtype of
    real floats; the result has the shape without `dim`. The
    norms must be above 1e-12, and their squares must fit the
    dtype. At the angles 0 and pi the gradient is 0.

    Raises: TypeError for integers, booleans and complex
        numbers; ValueError where the shapes or dtypes differ.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.atan2.html
    """
    if not (a.is_floating_point() and b.is_floating_point()):
        raise TypeError("angle takes real floats")
    if (a.shape, a.dtype) != (b.shape, b.dtype):
        raise ValueError(
            "a and b must have one shape and one dtype")
    a, b = F.normalize(a, dim=dim), F.normalize(b, dim=dim)
    return 2 * torch.atan2(
        torch.linalg.vector_norm(a - b, dim=dim),
        torch.linalg.vector_norm(a + b, dim=dim))
# --8<-- [end:angle]
