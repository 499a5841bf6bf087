"""Six checks of a model that are short enough to read first."""

from collections.abc import Callable

import torch
from torch import nn

from snippets.guards.judge import Undecided


# --8<-- [start:compare]
def compare(
    run: Callable[[], torch.Tensor],
    own: Callable[[], torch.Tensor],
    others: list[Callable[[], torch.Tensor]],
    message: str,
) -> None:
    """Check that `others` give what `run` gives, up to rounding.

    `own` changes what must matter: its distance from `run` is
    the scale, so that no tolerance has to be chosen.

    Raises: AssertionError with `message`. Undecided where a
        result is no tensor, is empty or on meta, holds nan or
        infinity, is random, or hardly changes with `own`.
    """
    with torch.no_grad(), torch.random.fork_rng():
        results = [
            call() for call in (run, run, own, *others)]
    if not all(isinstance(y, torch.Tensor) and y.numel() and
               not y.is_meta and y.isfinite().all()
               for y in results):
        raise Undecided(
            "an output is no tensor, or empty, or not finite")
    first, *rest = (y.to(torch.complex128) for y in results)
    noise, signal, *leaks = (
        (y - first).abs().max().item()
        if y.shape == first.shape else torch.inf for y in rest)
    dtype = results[0].dtype
    is_exact = not (dtype.is_floating_point or dtype.is_complex)
    eps = 0 if is_exact else torch.finfo(dtype).eps
    rounding = 100 * eps * first.abs().max().item()
    limit = max(10 * noise, 1e-4 * signal, rounding)
    if signal == torch.inf or signal <= 3 * limit:
        raise Undecided(
            "what must matter hardly changes the output, or it is "
            "random: call eval(), use float32 and other data")
    assert max(leaks) <= limit, message
# --8<-- [end:compare]


# --8<-- [start:check_samples]
def check_samples(
    model: Callable[[torch.Tensor], torch.Tensor],
    x: torch.Tensor,
) -> None:
    """Check that the output of sample 0 of `x` (B, ...) ignores
    the other samples. Raises: as compare."""
    def sample(x: torch.Tensor) -> torch.Tensor:
        return model(x.clone())[:1]

    compare(lambda: sample(x), lambda: sample(x.roll(1, 0)),
            [lambda: sample(x[:1].expand_as(x))],
            message="sample 0 changes with the rest of its batch")
# --8<-- [end:check_samples]


# --8<-- [start:check_alone]
def check_alone(
    model: Callable[[torch.Tensor], torch.Tensor],
    x: torch.Tensor,
) -> None:
    """Check that sample 0 of `x` (B, ...) gives alone what it
    gives in its batch. Raises: as compare."""
    compare(lambda: model(x.clone())[:1],
            lambda: model(x.roll(1, 0))[:1],
            [lambda: model(x[:1].clone())],
            message="sample 0 alone gives another output")
# --8<-- [end:check_alone]


# --8<-- [start:check_causal]
def check_causal(
    model: Callable[[torch.Tensor], torch.Tensor],
    x: torch.Tensor,
) -> None:
    """Check that outputs up to t ignore the positions after t,
    at each t. `x` is (B, L, ...), and the output (B, L, ...);
    the samples must differ. Raises: as compare."""
    swapped = x.roll(1, 0)

    def check(t: int) -> None:
        def past(x: torch.Tensor) -> torch.Tensor:
            return model(x.clone())[:, :t + 1]

        later = torch.cat([x[:, :t + 1], swapped[:, t + 1:]], 1)
        compare(lambda: past(x), lambda: past(swapped),
                [lambda: past(later)],
                message=f"outputs up to {t} see later positions")

    if x.shape[1] < 2:
        raise Undecided("one position has no later positions")
    for t in range(x.shape[1] - 1):
        check(t)
# --8<-- [end:check_causal]


# --8<-- [start:check_order]
def check_order(
    model: Callable[[torch.Tensor], torch.Tensor],
    x: torch.Tensor,
) -> None:
    """Check that reversed tokens of `x` (B, L, ...) give the
    reversed outputs (B, L, ...). Raises: as compare."""
    compare(lambda: model(x.clone()),
            lambda: model(x.flip(1)),
            [lambda: model(x.flip(1)).flip(1)],
            message="reversed tokens give other outputs")
# --8<-- [end:check_order]


# --8<-- [start:check_padding]
def check_padding(
    call: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    x: torch.Tensor,
    keep: torch.Tensor,
) -> None:
    """Check that `call(x, keep)` ignores what stands where
    `keep` (B, L) is False or 0. `x` is (B, L, ...); the output
    is (B, L, ...), compared where `keep` is True, or pooled.
    Raises: as compare; Undecided where `keep` hides nothing."""
    if x.is_meta or keep.is_meta:
        raise Undecided("on meta there are no numbers")
    mask = keep.bool()
    real, hidden = x[mask], int((~mask).sum())
    if not hidden or not len(real):
        raise Undecided("keep must hold True and False")
    places = torch.arange(hidden, device=x.device) % len(real)
    own, other = x.clone(), x.clone()
    own[mask] = real.flip(0)
    other[~mask] = real[places]

    def kept(x: torch.Tensor) -> torch.Tensor:
        y = call(x.clone(), keep.clone())
        return y[mask] if y.shape[:2] == mask.shape else y

    compare(lambda: kept(x), lambda: kept(own),
            [lambda: kept(other)],
            message="an output changes with the padding")
# --8<-- [end:check_padding]


# --8<-- [start:check_gradients]
def check_gradients(
    loss: Callable[[], torch.Tensor], model: nn.Module
) -> None:
    """Check that `loss()` reaches each parameter of `model` that
    is trained. Calls `loss` once; each `.grad` of `model` is
    as it was.

    Raises: AssertionError that names the others; Undecided
        where none is trained or the loss is no tensor.
    """
    trained = {name: (p, p.grad) for name, p
               in model.named_parameters() if p.requires_grad}
    if not trained:
        raise Undecided("no parameter requires a gradient")
    try:
        with (torch.random.fork_rng(), torch.enable_grad(),
              torch.inference_mode(False)):
            for p, _ in trained.values():
                p.grad = None
            value = loss()
            if not isinstance(value, torch.Tensor):
                raise Undecided("the loss is no tensor")
            if value.requires_grad:
                value.backward()
        missed = [name for name, (p, _) in trained.items()
                  if p.grad is None]
    finally:
        for p, grad in trained.values():
            p.grad = grad
    assert not missed, f"the loss misses {', '.join(missed)}"
# --8<-- [end:check_gradients]
