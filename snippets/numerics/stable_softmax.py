"""Softmax, log-softmax and cross-entropy of finite logits."""

from collections.abc import Callable

import torch

from snippets.guards.judge import Undecided


# --8<-- [start:softmax]
def softmax(logits: torch.Tensor, dim: int) -> torch.Tensor:
    """Return probabilities shaped like `logits`; `dim` sums to
    1.

    The logits are finite; in float16 `dim` is shorter than
    65,504.

    Raises: TypeError where the logits are not of floating
    dtype.
    Source: https://jaykmody.com/blog/stable-softmax/

    >>> softmax(torch.tensor([1000.0, 1000.0, -1000.0]), dim=0)
    tensor([0.5000, 0.5000, 0.0000])
    """
    if not logits.is_floating_point():
        raise TypeError(
            f"{logits.dtype}: convert to floats first")
    if not logits.numel():
        return logits.clone()
    shifted = logits - logits.detach().amax(dim, keepdim=True)
    exp = shifted.exp()
    return exp / exp.sum(dim, keepdim=True)
# --8<-- [end:softmax]


# --8<-- [start:log_softmax]
def log_softmax(logits: torch.Tensor,
                dim: int) -> torch.Tensor:
    """Return the logs of the softmax over `dim`, shaped like
    `logits`.

    The logits are finite; in float16 `dim` is shorter than
    65,504.

    Raises: TypeError where the logits are not of floating
    dtype.
    Source: https://jaykmody.com/blog/stable-softmax/
    """
    if not logits.is_floating_point():
        raise TypeError(
            f"{logits.dtype}: convert to floats first")
    if not logits.numel():
        return logits.clone()
    shifted = logits - logits.detach().amax(dim, keepdim=True)
    return shifted - shifted.exp().sum(dim, keepdim=True).log()
# --8<-- [end:log_softmax]


# --8<-- [start:cross_entropy]
def cross_entropy(logits: torch.Tensor,
                  target: torch.Tensor) -> torch.Tensor:
    """Return the mean loss of logits (N, C) at class indices
    (N,).

    The logits are finite; in float16 C is below 65,504.

    Raises: TypeError where the logits are not of floating
    dtype.
    Source: https://jaykmody.com/blog/stable-softmax/
    """
    if not logits.is_floating_point():
        raise TypeError(
            f"{logits.dtype}: convert to floats first")
    shifted = logits - logits.detach().amax(1, keepdim=True)
    picked = shifted.gather(1, target[:, None]).squeeze(1)
    return (shifted.exp().sum(1).log() - picked).mean()
# --8<-- [end:cross_entropy]


# --8<-- [start:assert_stable]
def assert_stable(
        call: Callable[[torch.Tensor], torch.Tensor],
        logits: torch.Tensor) -> None:
    """Compare `call` in float32, on shifted logits, with
    float64.

    `call` gives what a constant added to all logits does not
    change:
    a softmax, its log, a loss. Numbers may differ by half
    their size.

    Near 0 they may differ by 1.2e-7, one rounding of 1, as
    torch's own F.log_softmax and F.cross_entropy do.

    Raises: AssertionError where one is of another size, inf or
    nan; TypeError for complex logits; Undecided where `call`
    gives no numbers, or where the logits are not finite or
    beyond 1e4, where float32 loses their digits.
    """
    if logits.is_complex():
        raise TypeError("give real logits")
    if logits.is_meta or not (logits.double().abs()
                              <= 1e4).all():
        raise Undecided("give finite logits of 1e4 at most")
    rounding = torch.finfo(torch.float32).eps
    exact = call(logits.double().clone()).double()
    if not exact.numel():
        raise Undecided("call gives no numbers")
    assert exact.isfinite().all(), (
        "inf or nan in float64 too: an overflow, or a masked row")
    for shift in (0, 88, -104, 1000):
        got = call(logits.float() + shift).double()
        close = torch.isclose(got, exact, rtol=0.5,
                              atol=rounding)
        pairs = torch.stack((got, exact),
                            dim=-1)[~close].tolist()
        assert not pairs, (
            "{:.3g} for {:.3g}".format(*pairs[0])
            + f" at logits + {shift}: an exponential over- or "
            "underflows, or two large numbers cancel")
# --8<-- [end:assert_stable]
