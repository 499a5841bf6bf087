"""Log-sum-exp that stays finite, and the check of the exercise."""

from collections.abc import Callable

import torch


# --8<-- [start:logsumexp]
def logsumexp(x: torch.Tensor, dim: int) -> torch.Tensor:
    """Return the log of the sum of exp(x) over the axis `dim`.

    `x` is floating, and the result has no axis `dim`. In
    float16 the axis is shorter than 65,504.

    Raises: TypeError where `x` is not of floating dtype.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.logsumexp.html
    """
    if not x.is_floating_point():
        raise TypeError(f"{x.dtype}: convert to floats first")
    shift = x.detach().amax(dim, keepdim=True)
    shift = shift.masked_fill(shift.isinf(), 0)
    sums = (x - shift).exp().sum(dim, keepdim=True)
    return (sums.log() + shift).squeeze(dim)
# --8<-- [end:logsumexp]


# --8<-- [start:check_logsumexp]
def check_logsumexp(
    answer: Callable[[torch.Tensor, int], torch.Tensor],
) -> str:
    """Compare `answer(x, dim)` with torch.logsumexp in
    float64.

    Raises: AssertionError with a likely cause where they
    differ.
    """
    x = torch.tensor([[0.0, 1, 2], [2, 2, 2]])
    hidden = -torch.inf
    for rows, cause in [
        (x,
         "small numbers differ already: add the maximum that you "
         "subtracted after the log, once"),
        (x + 1000,
         "exp(1000) is inf in float32: subtract the maximum "
         "before exp"),
        (x - 1000,
         "exp(-1000) is 0 in float32: subtract the maximum, "
         "also where it is negative"),
        (x + torch.tensor([[1000.0], [-1000]]),
         "two rows are far apart: subtract the maximum of each row, "
         "not the largest number of the whole tensor"),
        (torch.tensor([[0.0, hidden], [1, 2]]),
         "one entry is -inf, and exp(-inf) is 0: this entry adds "
         "nothing to its row"),
        (torch.tensor([[hidden, hidden], [1, 2]]),
         "a row of -inf has the result -inf: its maximum is -inf, and "
         "-inf - (-inf) is nan, so subtract 0 there"),
        (torch.tensor([[torch.inf, 0], [1, 2]]),
         "a row with inf has the result inf: its maximum is inf, and "
         "inf - inf is nan, so subtract 0 there"), ]:
        for dim, turned in [(1, rows), (0, rows.T), (-1, rows)]:
            got = answer(turned, dim).double()
            want = turned.double().logsumexp(dim)
            assert got.shape == want.shape, (
                f"dim={dim} of {tuple(rows.shape)} gives "
                f"{tuple(got.shape)}: sum over `dim`, and drop this axis "
                "at the end if you kept it to subtract")
            assert torch.allclose(
                got, want, rtol=1e-5, atol=1e-6
            ), (f"{cause} (dim={dim}: {[round(y, 2) for y in got.tolist()]}"
                f" for {[round(y, 2) for y in want.tolist()]})")
    return "all 21 results agree"
# --8<-- [end:check_logsumexp]
