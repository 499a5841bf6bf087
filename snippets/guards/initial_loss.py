"""A guard for a loss before training: it is that of a guess."""

import math
from collections.abc import Callable
from typing import Any

import torch

from snippets.guards.judge import Undecided, check_dense


# --8<-- [start:initial_loss]
def initial_loss(
        make: Callable[[], Callable[[Any], Any]],
        loss: Callable[[torch.Tensor, Any], torch.Tensor],
        x: torch.Tensor, target: torch.Tensor, *,
        chance: float, logits: bool = True) -> None:
    """Check that untrained models cost what a guess costs.

    `make` returns a new model, which gives a tensor of outputs
    for `x`; `loss(outputs, target)` is a mean over samples
    (axis 0 of `x`, the outputs and `target`). `chance` is the
    cost of outputs that are all
    0: log(C) for cross entropy, log(2) for each label of its
    own, the mean of target ** 2 for regression. Then pass
    `logits=False`. The noise is measured over 16 new models,
    and over the samples.

    Raises:
        AssertionError: outputs of 0 do not cost `chance`; no
            logit is negative, or no output costs little; or
            models cost less than `chance`, or more than
            outputs drawn with a deviation of 2.
        Undecided: there are less than two samples, a number is
            not finite, `make` returns equal models, or the
            loss does not follow the outputs.
    """
    def cost(outputs: torch.Tensor, *rows: int) -> float:
        some = list(rows) or list(range(len(outputs)))
        with torch.no_grad():
            value = loss(outputs[some], target[some])
        if not isinstance(value,
                          torch.Tensor) or value.numel() != 1:
            raise Undecided("the loss is no single number")
        return value.item()

    def best() -> float:  # what the loss pulls outputs of 0 to
        with torch.inference_mode(False), torch.enable_grad():
            free = zeros.float().requires_grad_()
            value = loss(free, target)
            if not value.requires_grad:
                return 0.0
            slope, = torch.autograd.grad(value, free)
        return cost(-1e4 * slope / slope.abs().max())

    def mean(numbers: list[float]) -> tuple[float, float]:
        found = torch.tensor(numbers, dtype=torch.float64,
                             device="cpu")
        found = found[found.isfinite()]
        # and the deviation of this mean
        return (found.mean().item(), found.std().item()
                / math.sqrt(max(len(found), 1)))

    check_dense(x, target)
    if any(not t.dim() or len(t) < 2 for t in (x, target)):
        raise Undecided(
            "give two samples or more, with numbers")
    made: list[torch.Tensor] = []
    with torch.random.fork_rng(
            range(torch.cuda.device_count())):
        for seed in range(16):
            torch.manual_seed(seed)
            with torch.no_grad():
                out = make()(x.clone())
            if not isinstance(out, torch.Tensor) or out.is_meta or (
                    not out.is_floating_point() or not out.dim()
                    or out.layout != torch.strided):
                raise Undecided(
                    "the model gives no tensor of floats")
            made.append(out.detach().clone())
        drawn = [
            2 * torch.randn_like(out.float()) for out in made]
    zeros, slack = torch.zeros_like(made[0]), abs(chance) * (
        1e-4 if made[0].itemsize > 2 else 0.01)
    flat = cost(zeros)
    costs, others = list(map(cost, made)), list(map(cost, drawn))
    if not all(map(math.isfinite, [*costs, *others, flat])):
        raise Undecided(
            "the loss of an untrained model is not finite")
    if all(abs(other - flat) <= slack for other in others):
        raise Undecided("the loss does not follow the outputs")
    if made[0].any() and all(
            torch.equal(out, made[0]) for out in made):
        raise Undecided(
            "make returns the same model each time")
    _, noise = mean([cost(zeros, row) for row in range(len(zeros))])
    # of one sample
    noise = 0.0 if math.isnan(noise) else noise
    if abs(flat - chance) > 6 * noise + slack:
        raise AssertionError(
            f"outputs of 0 cost {flat:.4g}, not {chance:.4g}: a sum "
            "instead of a mean, a wrong number of classes, a sigmoid "
            "in the loss, or a target of regression far from 0")
    if logits and made[0].any():
        if all((out >= 0).all() for out in made):
            raise AssertionError(
                "no output is negative: a softmax, sigmoid or ReLU "
                "before a loss that takes logits")
        if cost(1e4
                * drawn[0]) < 10 * chance and best() > chance / 4:
            raise AssertionError(
                "no output costs much more or less than a guess: a "
                "softmax or sigmoid in the loss, before another one")
    middle, noise = mean(costs)
    if middle < flat - 6 * noise - slack:
        raise AssertionError(
            "untrained models cost less than a guess: the target is "
            "in the input, or the model is trained")
    # 12 of 16 are above all others
    if sorted(costs)[4] > max(others):
        raise AssertionError(
            "untrained models cost more than outputs of deviation 2: "
            "initial weights too large, or scaled outputs")
# --8<-- [end:initial_loss]
