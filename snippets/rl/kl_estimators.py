"""A KL penalty from samples, with a right value and gradient."""

from collections.abc import Callable

import torch
from torch.distributions import Categorical, kl_divergence


# --8<-- [start:kl_penalty]
def kl_penalty(log_p: torch.Tensor,
               log_ref: torch.Tensor) -> torch.Tensor:
    """Return an estimate of KL(p || ref) for each sample of p.

    `log_p` and `log_ref`, of one shape, are the logs of the
    probability of each sample. The value is k3, the gradient
    k2's; on average they are those of the divergence. If p
    excludes an action that ref can choose (a mask, top-k), the
    value is too small by its probability in ref. `log_ref`
    gets no gradient. nan where the square of the log ratio
    overflows.

    Raises: TypeError or ValueError for other dtypes or shapes.
    Source: http://joschu.net/blog/kl-approx.html
    """
    if not (log_p.is_floating_point()
            and log_ref.is_floating_point()):
        raise TypeError("logs of probabilities are floats")
    if log_p.shape != log_ref.shape:
        raise ValueError(
            f"{tuple(log_p.shape)} is not {tuple(log_ref.shape)}")
    r = log_p - log_ref.detach()
    k2 = r.square() / 2
    k3 = torch.expm1(-r) + r
    return k3.detach() + (k2 - k2.detach())
# --8<-- [end:kl_penalty]


# --8<-- [start:assert_penalty_is_kl]
def assert_penalty_is_kl(
    penalty: Callable[[torch.Tensor, torch.Tensor],
                      torch.Tensor],
) -> None:
    """Fail where the average of `penalty` is not the
    divergence.

    `penalty(log_p, log_ref)` takes logs of probabilities (N),
    and returns an estimate (N) for each. Samples are of the
    policy: one policy of four actions, which the reference can
    choose as well.

    Raises: AssertionError with the value, or for the gradient.
    Source: https://github.com/NVIDIA-NeMo/RL/pull/2506
    """
    logits = torch.tensor([0.2, 0.5, 1.0, -1.0],
                          dtype=torch.float64)
    logits.requires_grad_()
    log_ref = torch.tensor([0.6, 0.2, 0.1, 0.1]).double().log()
    log_p = logits.log_softmax(0)
    got = (log_p.exp().detach()
           * penalty(log_p, log_ref)).sum()
    want = kl_divergence(Categorical(logits=logits),
                         Categorical(logits=log_ref))
    assert torch.isclose(got, want), (
        f"the value is {got:.4f}, and the divergence {want:.4f}")
    own, true = (torch.autograd.grad(
        y, logits, retain_graph=True)[0] for y in (got, want))
    assert torch.allclose(own, true), (
        "the gradient is not that of the divergence")
# --8<-- [end:assert_penalty_is_kl]
