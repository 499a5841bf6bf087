"""The Kullback-Leibler divergence, with arguments in one order."""

from collections.abc import Callable

import torch
import torch.nn.functional as F


# --8<-- [start:kl_from_logits]
def kl_from_logits(target: torch.Tensor,
                   model: torch.Tensor) -> torch.Tensor:
    """Return KL(target || model), the mean over all rows of
    classes.

    Both are floating logits (..., C); a class whose target has
    the probability 0 adds nothing.

    Raises: ValueError where the shapes differ.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html
    """
    if target.shape != model.shape:
        raise ValueError(
            f"{tuple(target.shape)} is not {tuple(model.shape)}")
    C = model.shape[-1]
    log_model, log_target = (
        F.log_softmax(model, dim=-1).reshape(-1, C),
        F.log_softmax(target, dim=-1).reshape(-1, C))
    never = log_target.exp() == 0
    return F.kl_div(
        log_model.masked_fill(never, 0),
        log_target.masked_fill(never, 0),
        reduction="batchmean", log_target=True)
# --8<-- [end:kl_from_logits]


# --8<-- [start:assert_is_divergence]
def assert_is_divergence(
    kl: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> None:
    """Fail unless `kl(target, model)` of logits (N, C) is KL.

    The logits are float32, and `kl` returns one number, the
    mean over the N rows, computed at least in float32.

    Raises: AssertionError that names the value and what it
    should be.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html
    """
    p = torch.tensor([[0.5, 0.5, 0.0], [0.25, 0.25, 0.5]]) + 1e-6
    q = torch.tensor([[0.25, 0.5, 0.25], [0.5, 0.25, 0.25]])
    p = p / p.sum(dim=1, keepdim=True)
    wanted = (p * (p / q).log()).sum(dim=1).mean().item()
    value = kl(
        p.log() + torch.tensor([[3.0], [-1.0]]),
        q.log() + torch.tensor([[-2.0], [5.0]])).item()
    swapped = (q * (q / p).log()).sum(dim=1).mean().item()
    causes = {
        "the arguments are swapped": swapped,
        "the mean runs over classes too": wanted / 3,
        "the batch is summed": wanted * 2}
    cause = [cause for cause, number in causes.items()
             if abs(value - number) < 1e-3 * abs(number)]
    assert abs(value - wanted) < 1e-3 * wanted, (
        f"{value:.3f} is not the divergence {wanted:.3f}: "
        f"{(cause or ['an argument is no log_softmax'])[0]}")
# --8<-- [end:assert_is_divergence]
