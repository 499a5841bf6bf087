"""Standardizing by the deviation of the data themselves."""

from collections.abc import Callable

import torch

from snippets.guards.judge import Undecided


# --8<-- [start:standardize]
def standardize(
    x: torch.Tensor, dim: int, eps: float = 1e-5
) -> torch.Tensor:
    """Return x, of any shape, with mean 0 and deviation 1
    along `dim`.

    Divides by the biased deviation, as `np.std` and the norm
    layers do. `eps` is added to the variance, so one element
    gives 0 (and nan with eps=0). Half precision is computed in
    float32. A large offset costs digits, and a variance that
    is inf gives 0, or nan for a number whose distance from the
    mean is inf, too.

    Raises: TypeError where x is not of floating dtype;
    RuntimeError for float8, which torch does not promote.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.var_mean.html

    >>> standardize(torch.tensor([1.0, 3.0]), dim=0, eps=0)
    tensor([-1.,  1.])
    >>> standardize(torch.tensor([5.0]), dim=0)
    tensor([0.])
    """
    if not x.is_floating_point():
        raise TypeError(f"{x.dtype}: convert to floats first")
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    var, mean = torch.var_mean(wide, dim, correction=0,
                               keepdim=True)
    return ((wide - mean) * (var + eps).rsqrt()).to(x.dtype)
# --8<-- [end:standardize]


# --8<-- [start:assert_biased]
def assert_biased(
        spread: Callable[[torch.Tensor], torch.Tensor],
        x: torch.Tensor) -> None:
    """Fail where the same data twice have another spread than
    once.

    `spread` maps x (N, ...) to a statistic over N, of any
    shape. N - 1 in its denominator is seen for N below some
    thousands.

    Raises: AssertionError that gives the ratio of the two;
    TypeError where x is of integers; Undecided where the data
    twice have no spread, or inf or nan, or where x is on meta.
    """
    if not (x.is_floating_point() or x.is_complex()):
        raise TypeError(f"{x.dtype}: convert to floats first")
    if x.is_meta:
        raise Undecided("x is on meta")
    once, twice = (torch.as_tensor(spread(data))
                   for data in (x.clone(), torch.cat([x, x])))
    if twice.dtype == torch.bool or not twice.any() or (
            not twice.isfinite().all()):
        raise Undecided(
            "the data have no spread, or inf or nan")
    ratio = (once / twice)[twice != 0]
    off = ratio[(ratio - 1).abs().argmax()].item()
    assert torch.allclose(once, twice, rtol=1e-4, atol=0), (
        f"{len(x)} samples spread {off:.3f} times as far as the same "
        f"samples twice: does it divide by N - 1?")
# --8<-- [end:assert_biased]
