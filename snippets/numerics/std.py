"""Standardizing by the deviation of the data themselves."""

from collections.abc import Callable

import torch


# --8<-- [start:standardize]
def standardize(
    x: torch.Tensor, dim: int, eps: float = 1e-5
) -> torch.Tensor:
    """Return x, of any shape, with mean 0 and deviation 1 along `dim`.

    Divides by the biased deviation, as `np.std` and the norm layers
    do, so one element gives 0. `eps` is added to the variance.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.var_mean.html

    >>> standardize(torch.tensor([1.0, 3.0]), dim=0, eps=0)
    tensor([-1.,  1.])
    >>> standardize(torch.tensor([5.0]), dim=0)
    tensor([0.])
    """
    var, mean = torch.var_mean(x, dim, correction=0, keepdim=True)
    return (x - mean) * (var + eps).rsqrt()
# --8<-- [end:standardize]


# --8<-- [start:assert_biased]
def assert_biased(
    spread: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor
) -> None:
    """Fail where the same data twice have another spread than once.

    `spread` maps x (N, ...) to a statistic over N, of any shape. N - 1
    in its denominator is seen for N below some thousands.

    Raises: AssertionError that gives the ratio of the two.
    """
    once, twice = spread(x), spread(torch.cat([x, x]))
    ratio = (once / twice).flatten()[0].item()
    assert torch.allclose(once, twice, rtol=1e-4), (
        f"{len(x)} samples spread {ratio:.3f} times as far as the same "
        f"samples twice: divides by N - 1")
# --8<-- [end:assert_biased]
