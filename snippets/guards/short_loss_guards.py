"""Five checks of a loss, a layer and a training step, to read first."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from snippets.guards.judge import Undecided


# --8<-- [start:numbers]
def numbers(*given: torch.Tensor) -> list[torch.Tensor]:
    """Return copies of tensors, without a graph.

    Raises: Undecided where one is no dense tensor, is empty or on
        meta, or holds nan or infinity.
    """
    if not given or not all(
            isinstance(x, torch.Tensor) and x.numel() and
            x.layout == torch.strided and not x.is_nested and
            not x.is_quantized and not x.is_meta and
            x.isfinite().all() for x in given):
        raise Undecided("no tensor, or empty, or not finite")
    return [x.detach().clone() for x in given]
# --8<-- [end:numbers]


# --8<-- [start:check_perfect]
def check_perfect(
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    prediction: torch.Tensor, target: torch.Tensor,
) -> None:
    """Check that a perfect `prediction` (N, ...) of `target`
    (N, ...) costs nothing beside that of another sample.

    Raises: AssertionError with both costs; Undecided where all
        targets are equal, the wrong prediction costs nothing
        either, or as numbers.
    """
    x, y = numbers(prediction, target)
    if not x.dim() or not y.dim() or y.equal(y.roll(1, 0)):
        raise Undecided("all targets are equal, so none is wrong")
    best, worst = numbers(loss(x.clone(), y.clone()),
                          loss(x.roll(1, 0), y))
    if best.numel() != 1 or worst.numel() != 1:
        raise Undecided("the loss gives no single number")
    low, high = float(best), float(worst)
    if low == high == 0:
        raise Undecided("a wrong prediction costs nothing either")
    assert abs(low) <= 1e-4 * (high - low), (
        f"a perfect prediction costs {low:.4g}, "
        f"a wrong one {high:.4g}")
# --8<-- [end:check_perfect]


# --8<-- [start:check_mean]
def check_mean(
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    prediction: torch.Tensor, target: torch.Tensor,
) -> None:
    """Check that a batch costs the mean of its samples' costs.

    `prediction` (N, ...) and `target` (N, ...) are cut along N.
    Each sample must weigh the same. Use float32 or float64.

    Raises: AssertionError with both costs; Undecided where N
        differs, the samples cost the same up to rounding, or as
        numbers.
    """
    x, y = numbers(prediction, target)
    if not x.dim() or not y.dim() or len(x) != len(y):
        raise Undecided("there are no samples, or N differs")
    pairs = [(x, y), *zip(x.split(1), y.split(1), strict=True)]
    batch, *alone = numbers(*(
        loss(*numbers(*pair)) for pair in pairs))
    if {cost.numel() for cost in (batch, *alone)} != {1}:
        raise Undecided("the loss gives no single number")
    whole, costs = float(batch), list(map(float, alone))
    mean, spread = sum(costs) / len(costs), max(costs) - min(costs)
    eps = torch.finfo(batch.dtype).eps if (
        batch.is_floating_point()) else 0
    rounding = 100 * eps * max(map(abs, costs))
    if spread <= 3 * rounding:
        raise Undecided("all samples cost the same")
    assert abs(whole - mean) <= max(1e-4 * spread, rounding), (
        f"the batch costs {whole:.4g}, its samples {mean:.4g} "
        "in the mean")
# --8<-- [end:check_mean]


# --8<-- [start:check_twice]
def check_twice(model: nn.Module, x: torch.Tensor) -> None:
    """Check that `model` in eval mode gives the same for `x`
    again, also after other data. Runs on a copy in no_grad.

    Raises: AssertionError; Undecided where other data give the
        same output, or as numbers.
    """
    twin = copy.deepcopy(model).eval()
    (data,) = numbers(x)
    with torch.no_grad(), torch.random.fork_rng():
        first, other, again = (
            numbers(twin(each))[0]
            for each in (data.clone(), data.roll(1), data.clone()))
    eps = torch.finfo(first.dtype).eps if (
        first.is_floating_point() or first.is_complex()) else 0
    a, b = (y.to(torch.complex128) for y in (first, again))
    limit = 100 * eps * a.abs().max().item()
    same = a.shape == b.shape and (
        a - b).abs().max().item() <= limit
    assert same, "in eval mode the same data give another output"
    if other.shape == first.shape and other.equal(first):
        raise Undecided("other data give the same output")
# --8<-- [end:check_twice]


# --8<-- [start:check_reference]
def check_reference(
        ours: Callable[..., torch.Tensor],
        reference: Callable[..., torch.Tensor],
        *inputs: torch.Tensor) -> None:
    """Compare outputs and gradients by the inputs in float64.

    Modules run in eval mode. Of two modules, the weights of
    `reference` are loaded into a copy of `ours`.

    Raises: AssertionError that names what differs; RuntimeError
        where the weights do not fit; Undecided where no input
        holds floats, or as numbers.
    """
    ours, reference = copy.deepcopy((ours, reference))
    for each in (ours, reference):
        if isinstance(each, nn.Module):
            each.double().eval()
    if isinstance(ours, nn.Module) and isinstance(
            reference, nn.Module):
        ours.load_state_dict(reference.state_dict())

    def results(
            call: Callable[..., torch.Tensor]
    ) -> list[torch.Tensor]:
        data = [x.double() if x.is_floating_point() else x
                for x in numbers(*inputs)]
        floats = [x.requires_grad_() for x in data
                  if x.is_floating_point()]
        if not floats:
            raise Undecided("no input holds floats")
        with torch.enable_grad(), torch.random.fork_rng():
            y = call(*(x.clone() for x in data))
            numbers(y)
            flat = (torch.view_as_real(y) if y.is_complex()
                    else y.double()).flatten()
            loss = (flat * torch.linspace(1, 2, len(flat)).to(
                flat)).sum()
            slopes = torch.autograd.grad(
                loss, floats, materialize_grads=True
            ) if loss.requires_grad else [
                torch.zeros_like(x) for x in floats]
        y = y if y.is_complex() else y.double()
        return [y.detach(), *slopes]

    found, wanted = results(ours), results(reference)
    names = ["the output", *(
        f"the gradient by float input {n}"
        for n in range(len(found) - 1))]
    rounding = 1e-12 * wanted[0].abs().max()
    for name, a, b in zip(names, found, wanted, strict=True):
        limit = 1e-6 * b.abs().max() + rounding
        same = a.shape == b.shape and bool(
            (a - b).abs().max() <= limit)
        assert same, f"{name} differs from that of the reference"
# --8<-- [end:check_reference]


# --8<-- [start:check_parts]
def check_parts(
        accumulate: Callable[[Any, list[Any]], object],
        model: nn.Module,
        parts: Sequence[tuple[torch.Tensor, ...]]) -> None:
    """Check that parts of a batch add up to its gradient.

    `accumulate(model, parts)` leaves the gradient in a copy of
    `model` in float64. A part is a tuple of tensors, such as
    (x, target), with samples along axis 0. Put batch norms and
    dropout into eval mode first.

    Raises: AssertionError; Undecided where there are no parts, a
        mean of means would be right, the gradient is 0 or
        missing, or as numbers.
    """
    wide = [tuple(
        x.double() if x.is_floating_point() else x
        for x in numbers(*part)) for part in parts]
    if not wide or not all(x.dim() for part in wide for x in part):
        raise Undecided("there are no samples along axis 0")
    whole = [tuple(map(torch.cat, zip(*wide, strict=True)))]

    def gradient(given: list[Any]) -> torch.Tensor:
        twin = copy.deepcopy(model).double()
        twin.zero_grad()
        with torch.enable_grad(), torch.random.fork_rng():
            accumulate(twin, given)
        return torch.cat([torch.zeros(1)] + [
            p.grad.to_dense().flatten().cpu()
            for p in twin.parameters() if p.grad is not None])

    one, many = gradient(whole), gradient(wide)
    numbers(one, many)
    limit = 1e-8 * one.abs().max().item()
    if limit == 0:
        raise Undecided("the gradient of the batch is 0")
    same = many.shape == one.shape and (
        (many - one).abs().max().item() <= limit)
    assert same, (
        "the parts do not add up to the gradient of the batch")
    alone = [gradient([part]) for part in wide]
    if (sum(alone) / len(alone) - one).abs().max() <= limit:
        raise Undecided("in these parts a mean of means is right")
# --8<-- [end:check_parts]
