"""The log of a mixture from logits."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from snippets.guards.judge import Undecided


# --8<-- [start:log_mixture]
def log_mixture(
    gate: torch.Tensor, logits: torch.Tensor
) -> torch.Tensor:
    """Return the log of a mixture of K softmaxes.

    gate (..., K) holds the logits of the parts, logits
    (..., K, C) those of the classes in each; the result is
    (..., C).

    Raises: TypeError where one of them is not of floating
        dtype; RuntimeError where one is float8.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.logsumexp.html

    >>> gate, logits = torch.zeros(2), torch.tensor([[0.0, 200.0]] * 2)
    >>> log_mixture(gate, logits)
    tensor([-200.,    0.])
    """
    if not (gate.is_floating_point()
            and logits.is_floating_point()):
        raise TypeError(
            f"{gate.dtype}, {logits.dtype}: give floats")
    log_parts = F.log_softmax(logits, dim=-1)
    log_weights = F.log_softmax(gate, dim=-1).unsqueeze(-1)
    return torch.logsumexp(log_weights + log_parts, dim=-2)
# --8<-- [end:log_mixture]


# --8<-- [start:assert_survives_large_logits]
def assert_survives_large_logits(
    log_probs: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    gate: torch.Tensor,
    logits: torch.Tensor,
    scale: float = 1000.0,
) -> None:
    """Fail where `scale` times the logits give inf or nan, or
    a floor.

    gate and logits are what `log_probs` takes. All its results
    and their gradients are looked at. With a small constant
    inside the log, the results stay above the log of that
    constant. So a log probability below -100 has to be 1.5
    times as low at twice the scale. A floor below 1.5 times
    the lowest of them is not found.

    Raises: AssertionError that says what is wrong; TypeError
    where an input is not of floating dtype; RuntimeError where
    one is float8; Undecided where twice `scale` times the
    inputs is empty or not finite, where `scale` times the
    inputs gives each class a log probability above -800, or
    where `log_probs` gives no gradient.
    """
    if not (gate.is_floating_point()
            and logits.is_floating_point()):
        raise TypeError("give floats")
    inputs = [(scale * x).detach().requires_grad_()
              for x in (gate, logits)]
    doubled = [2 * x.detach() for x in inputs]
    if not all(
            x.numel() and not x.is_meta and x.isfinite().all()
            for x in doubled):
        raise Undecided("give finite inputs")
    exact = log_mixture(*(x.detach().double() for x in inputs))
    if exact.min() > -800:
        raise Undecided(
            "no class is unlikely enough: in all parts, "
            "give one class a smaller logit than others")
    with torch.enable_grad():
        result = log_probs(*inputs)
        total = result.sum()
    assert result.isfinite().all(), "a log probability is inf or nan"
    if not total.requires_grad:
        raise Undecided("log_probs gives no gradient")
    grads = torch.autograd.grad(
        total, inputs, allow_unused=True)
    assert all(g is None or g.isfinite().all()
               for g in grads), ("a gradient is not finite")
    with torch.no_grad():
        lower = log_probs(*doubled)
    floored = lower.double() > 1.5 * result.double()
    assert not (floored & (exact < -100)).any(), (
        "a log probability stops falling: a constant inside the log")
# --8<-- [end:assert_survives_large_logits]
