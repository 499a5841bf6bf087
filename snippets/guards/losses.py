"""Guards for losses: what is perfect is free, a batch is a mean."""

import math
from collections.abc import Callable

import torch

from snippets.guards.judge import (
    Undecided,
    asserts_undecided,
    check_dense,
    copied,
    on_copies,
)


# --8<-- [start:cost]
def cost(
        loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        prediction: torch.Tensor, target: torch.Tensor, *,
        double: bool = False) -> float:
    """Return the number that a copy of `loss` gives for
    copies.

    Raises: Undecided where it is no scalar, or on meta, or
        where an `assert` of the loss itself fails.
    """
    def copy(x: torch.Tensor) -> torch.Tensor:
        wide = double and x.is_floating_point()
        return x.to(torch.float64 if wide else x.dtype,
                    copy=True)

    loss = copied(loss)
    with asserts_undecided(), on_copies(double=double):
        value = loss(copy(prediction), copy(target))
    shape = getattr(value, "shape", ())
    if math.prod(shape) != 1 or not hasattr(value, "__float__"):
        raise Undecided(
            f"the loss is no scalar, but {type(value).__name__} of "
            f"shape {tuple(shape)}")
    if getattr(value, "is_meta", False):
        raise Undecided("a loss on meta holds no number")
    return float(
        value.detach() if torch.is_tensor(value) else value)
# --8<-- [end:cost]


# --8<-- [start:perfect_prediction_costs_nothing]
def perfect_prediction_costs_nothing(
        loss: Callable[[torch.Tensor, torch.Tensor],
                       torch.Tensor], prediction: torch.Tensor,
        target: torch.Tensor) -> None:
    """Check that a perfect prediction costs 0, and a wrong one
    more.

    `prediction` (N, ...) is perfect for `target` (N, ...): the
    target itself, or logits of 1000 for it and -1000 against.
    The prediction of the sample before is the wrong one.

    Raises:
        AssertionError: the perfect prediction costs something,
            or the wrong one does not.
        Undecided: no prediction is wrong, or the loss is
            random.
    """
    check_dense(prediction, target)
    if not prediction.dim() or not target.dim():
        raise Undecided(
            "prediction and target have no samples")
    if torch.equal(target, target.roll(1, 0)):
        raise Undecided(
            "all targets are the same, so none is wrong")
    with torch.random.fork_rng(
            range(torch.cuda.device_count())):
        best, again, worst = (
            0.0 + cost(loss, prediction.roll(shift, 0), target)
            for shift in (0, 0, 1))
    if again != best and not math.isnan(best):
        raise Undecided("the loss is random")
    gap = worst - best
    signal = abs(gap) if math.isfinite(gap) else 0.0
    if not abs(best) <= 1e-4 * signal:
        raise AssertionError(
            f"a perfect prediction costs {best:.4g}, a wrong one "
            f"{worst:.4g}: a softmax or sigmoid too many, (N,) against "
            "(N, 1), a log of 0, or targets that are not one-hot")
    if not gap > 0:
        raise AssertionError(
            f"a wrong prediction costs {worst:.4g}: a wrong sign, a "
            "softmax over one class, or targets that are all ignored")
# --8<-- [end:perfect_prediction_costs_nothing]


# --8<-- [start:loss_is_mean_of_samples]
def loss_is_mean_of_samples(
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    prediction: torch.Tensor,
    target: torch.Tensor,
    *,
    count: Callable[[torch.Tensor], torch.Tensor] | None = None,
) -> None:
    """Check that a batch costs what its samples cost in the
    mean.

    `prediction` (N, ...) and `target` (N, ...) are cut along N
    into batches of one, with floats in float64. Where samples
    do not weigh the same, `count` returns the weight of a
    batch of targets, such as the number of its tokens or the
    sum of its class weights.

    Raises:
        AssertionError: the batch costs something else.
        Undecided: the loss is random, all samples cost or
            weigh the same or nothing, or one that weighs costs
            inf or nan.
    """
    check_dense(prediction, target)
    if not prediction.dim() or not target.dim():
        raise Undecided(
            "prediction and target have no samples")
    weights = [float(count(t)) if count else 1.0
               for t in target.split(1)]
    rows = [row for row in zip(  # but those that weigh nothing
        prediction.split(1), target.split(1), weights, strict=True)
        if row[2]]
    with torch.random.fork_rng(
            range(torch.cuda.device_count())):
        batch, again = (cost(loss, prediction, target,
                             double=True) for _ in range(2))
        costs = [
            cost(loss, p, t, double=True) for p, t, _ in rows]
    if again != batch and not math.isnan(batch):
        raise Undecided("the loss is random")
    if not all(math.isfinite(cost) for cost in costs):
        raise Undecided("a sample alone costs inf or nan")
    if not 0 < abs(sum(weights)) < math.inf:
        raise Undecided("the counts add up to 0, inf or nan")
    mean = sum(weight * cost for (*_, weight), cost in zip(
        rows, costs, strict=True)) / sum(weights)
    spread = max(costs) - min(costs)
    if not abs(batch - mean) <= max(1e-4 * spread,
                                    1e-9 * abs(mean)):
        raise AssertionError(
            f"the batch costs {batch:.4g}, its samples {mean:.4g} in "
            "the mean: (N,) against (N, 1), a sum or a second division "
            "by N, padding in the mean, or samples of other weight")
    if spread <= 1e-9 * max(map(abs, costs)):
        raise Undecided("all samples cost the same")
    if count and min(weights) == max(weights):
        raise Undecided("all samples weigh the same")
# --8<-- [end:loss_is_mean_of_samples]
