"""A summary must follow each place of what it sums up."""

from collections.abc import Callable
from typing import Any

import torch

from snippets.guards.judge import (
    Undecided,
    asserts_undecided,
    check_dense,
    on_copies,
    open_gates,
    tensors_along,
)


# --8<-- [start:every_place_read]
def every_place_read(
    call: Callable[[torch.Tensor], Any],
    x: torch.Tensor,
    *,
    dim: int = 1,
    each_feature: bool = False,
) -> None:
    """Check that the output follows each place of `x` along
    `dim`.

    `call` takes tensors like `x`, floats with samples along
    axis 0, and gives a tensor or a tuple of tensors with that
    axis. Each place must change something in the output of
    each sample; with `each_feature`, each number but those
    that no place changes. Give no padding. It runs on copies
    of the modules, in float64.

    Raises:
        AssertionError: an output is the same, whatever stands
            at a place.
        Undecided: `call` is random or not finite, no place
            changes the output, or (with `each_feature`) a
            place changes a number by nan alone, as behind a
            maximum.
    """
    check_dense(x)
    fits = dim in range(-x.dim(), x.dim()) and dim % x.dim()
    if not fits or not x.numel() or not x.is_floating_point():
        raise Undecided(
            "x holds no floats, or has no such axis beside "
            "the one of samples: pass embeddings, not ids")
    data, length = x.detach().double(), x.shape[dim]
    first = data.narrow(dim, 0, 1)

    def run(data: torch.Tensor) -> torch.Tensor:
        with (torch.random.fork_rng(
                range(torch.cuda.device_count())),
              torch.inference_mode(False), torch.enable_grad(),
              asserts_undecided(),
              on_copies(double=True, ready=open_gates)):
            outputs = tensors_along(
                call(data.clone()), 0, len(x))
        return torch.cat([
            torch.zeros(len(x), 0, device=x.device),
            *(y.reshape(len(x), -1).to(torch.complex128)
              for y in outputs)], dim=1)


    def run_with(values: torch.Tensor,
                 place: int) -> torch.Tensor:
        index = torch.tensor([place], device=x.device)
        return run(data.index_copy(dim, index,
                                   values)).detach()

    # (length, samples), not 0 if read
    def slopes() -> torch.Tensor:
        leaf = data.clone().requires_grad_()
        out = run(leaf)
        if not out.requires_grad:
            return torch.zeros(length, len(x), device=x.device)
        waves = torch.arange(out.numel(),
                             device=out.device).cos()
        total = ((1 + 1j) * waves.view_as(out) * out).sum().real
        slope, = torch.autograd.grad(
            total, leaf, materialize_grads=True)
        return slope.movedim(dim, 0).reshape(
            length, len(x), -1).abs().amax(2)

    def changed(place: int) -> torch.Tensor:
        found = torch.zeros_like(base, dtype=torch.bool)
        places = torch.arange(first.numel(), device=x.device)
        size = 4 * data.abs().amax() + 1
        for step in range(1, 7):
            wave = (step * places + step).double().cos()
            # so a maximum is moved
            for factor in (1, size, -size):
                values = factor * wave.view_as(first)
                found |= run_with(values, place) != base
            if (found if each_feature else found.any(1)).all():
                break
        return found

    base, again = run(data).detach(), run(data)
    if not base.isfinite().all() or not torch.equal(
            base, again):
        raise Undecided("the output is random or not finite")
    by_slope = torch.zeros(
        length) if each_feature else slopes().all(1)
    read = torch.stack([
        torch.ones_like(base, dtype=torch.bool)
        if by_slope[place] else changed(place)
        for place in range(length)])
    if not read.any():
        raise Undecided("no place changes the output")
    missing = ~read & read.any(0) if each_feature else (
        ~read.any(2, keepdim=True).expand_as(read))
    lost = [t for t in range(length) if missing[t].any()]
    nan = torch.full_like(first, torch.nan)
    hidden = [t for t in lost if each_feature and not (
        missing[t] & (run_with(nan, t) == base)).any()]
    unread = [t for t in lost if t not in hidden]
    part = "each number of the output" if each_feature else "the output"
    assert not unread, (
        f"{part} does not follow places {unread} of {length}: frames "
        "that leave out the end, the first place of a causal model, or "
        "the last step of a layer that reads backwards")
    if hidden:
        raise Undecided(
            f"nan at places {hidden} reaches {part}, and numbers do "
            "not: behind a maximum or a ReLU, masked, or far away in a "
            "recurrent layer; give other numbers, or fewer places")
# --8<-- [end:every_place_read]
