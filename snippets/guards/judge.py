"""What every guard shares: runs that are compared, and a verdict."""

import contextlib
import copy
import math
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unittest import mock

import torch
from torch import nn


# --8<-- [start:undecided]
class Undecided(Exception):
    """A guard that could not have failed, so it does not
    pass."""
# --8<-- [end:undecided]


# --8<-- [start:check_dense]
def check_dense(*inputs: Any) -> None:
    """Raise Undecided where an input is no dense tensor of
    numbers."""
    for x in inputs:
        if not isinstance(x, torch.Tensor):
            raise Undecided(
                f"an input is a {type(x).__name__}: pass a "
                "tensor, and put the rest into call")
        if x.is_meta or x.is_nested or x.layout != torch.strided:
            raise Undecided(
                "an input is sparse, nested or on meta: "
                "pass a dense tensor that holds numbers")
# --8<-- [end:check_dense]


# --8<-- [start:tensors_along]
def tensors_along(
    result: Any, dim: int, size: int
) -> tuple[torch.Tensor, ...]:
    """Give the tensors of `result`, each of `size` along
    `dim`.

    Raises: Undecided that names the first output that is no
        tensor, has another size there, or holds no numbers
        (on meta).
    """
    outputs = result if isinstance(result,
                                   tuple) else (result,)
    for place, y in enumerate(outputs):
        if not isinstance(y, torch.Tensor):
            raise Undecided(
                f"output {place} is no tensor, but of type "
                f"{type(y).__name__}: leave it out of call, or give a "
                "tensor of it, such as its .logits")
        if y.is_meta:
            raise Undecided(
                f"output {place} is on meta: no numbers")
        if not -y.dim() <= dim < y.dim() or y.shape[dim] != size:
            raise Undecided(
                f"output {place}, of shape {tuple(y.shape)}, has no "
                f"axis {dim} of size {size}: leave it out of call")
    return tuple(y.to_dense() for y in outputs)
# --8<-- [end:tensors_along]


# --8<-- [start:asserts_undecided]
@contextlib.contextmanager
def asserts_undecided() -> Iterator[None]:
    """Raise Undecided where an `assert` of what is called
    fails."""
    try:
        yield
    except AssertionError as error:
        raise Undecided("an assert of the call itself fails: "
                        f"{error}") from error
# --8<-- [end:asserts_undecided]


# --8<-- [start:copied]
def copied(module: Any) -> Any:
    """Return a deep copy of a module, or of anything else.

    Raises: Undecided where something in it cannot be copied,
        or a lazy layer has no weights yet.
    """
    is_module = isinstance(module, nn.Module)
    if is_module and any(map(nn.parameter.is_lazy, (
            *module.parameters(), *module.buffers()))):
        raise Undecided(
            "a lazy layer has no weights yet: call the "
            "model once before")
    # as weight_norm computes
    held = {
        id(x): x.detach().clone()
        for part in (module.modules() if is_module else ())
        for x in vars(part).values()
        if getattr(x, "grad_fn", None)}
    try:
        return copy.deepcopy(module, held)
    except (RuntimeError, TypeError) as error:
        if isinstance(error, RuntimeError) and (
                "deepcopy" not in str(error)):
            raise
        raise Undecided(
            f"{type(module).__name__} holds what cannot be copied, as "
            f"a lock or a tensor with a graph: {error}") from error
# --8<-- [end:copied]


# --8<-- [start:widened]
def widened(module: nn.Module) -> Any:
    """Bring a module's numbers to float64 or complex128;
    return it."""
    def wide(x: torch.Tensor) -> torch.Tensor:
        if x.is_complex():  # Module.double leaves them
            return x.to(torch.complex128)
        return x.double() if x.is_floating_point() else x

    try:
        return module._apply(wide)
    except RuntimeError:  # torch.func: no writing to .data
        with mock.patch.object(
                torch.__future__,
            ("_overwrite_module_params_on_conversion"), True):
            return module._apply(wide)
# --8<-- [end:widened]


# --8<-- [start:open_gates]
def open_gates(module: nn.Module, size: float = 0.1) -> None:
    """Write numbers up to `size` into parameters that are
    almost 0.

    Those that are trained and hold numbers below 0.001 alone,
    as where a branch starts at 0.
    """
    with torch.no_grad():
        for weight in module.parameters():
            flat = weight.flatten()
            if weight.requires_grad and not weight.is_meta and all(
                    (x.to(torch.complex64).abs() < 1e-3).all()
                    for x in (flat[:9], flat)):  # 9: faster
                waves = torch.arange(1, 1 + len(flat)).to(
                    flat.device)
                weight.copy_(
                    size * waves.cos().view(weight.shape))
# --8<-- [end:open_gates]


# --8<-- [start:on_copies]
@contextlib.contextmanager
def on_copies(
    *made: nn.Module,
    double: bool = False,
    ready: Callable[[nn.Module], object] = lambda copy: None,
    after: Callable[[], object] = lambda: None,
) -> Iterator[None]:
    """Call copies of modules, uncompiled; in float64 if
    `double`.

    Not of `made`, nor of those that are made meanwhile. A copy
    is given to `ready`; `after` follows each call of a module.

    Raises: Undecided where a tensor of another dtype meets
    float64.
    """
    call, dtype = nn.Module.__call__, torch.get_default_dtype()
    twins = {
        part: part for twin in made for part in twin.modules()}


    def call_twin(module: nn.Module, *args: Any,
                  **kw: Any) -> Any:
        module = getattr(module, "_orig_mod", module)
        if any(not isinstance(weight, nn.Parameter)
               for weight in module.parameters()):  # functional_call
            return call(module, *args, **kw)
        if module not in twins:
            known = len(twins)
            twin = copied(module)
            parts = list(twin.modules())
            for part in [twin, *set(list(twins)[known:]) - set(parts)]:
                if double:
                    widened(part)
                ready(part)
            twins.update(
                zip(module.modules(), parts, strict=True))
            twins.update(zip(parts, parts, strict=True))
        result = call(twins[module], *args, **kw)
        after()
        return result

    def registers(method: Callable[..., None]) -> Callable[..., None]:

        def make(module: nn.Module, *args: Any,
                 **kw: Any) -> None:
            twins[module] = module
            method(module, *args, **kw)
        return make

    plain = (torch.compiler.set_stance("force_eager")
             if "torch._dynamo" in sys.modules
             else contextlib.nullcontext())
    torch.set_default_dtype(torch.float64 if double else dtype)
    try:
        with plain, mock.patch.multiple(
                nn.Module, __call__=call_twin,
                __init__=registers(nn.Module.__init__),
                __setstate__=registers(
                    nn.Module.__setstate__)):
            yield
    except (RuntimeError, ValueError) as error:
        mixed = re.search(
            r"mixed dtype|src\.dtype|^(?=.*(double|float64))"
            r".*\b(complex|b?)(float(16|32)?|half)(tensor)?\b",
            str(error), re.IGNORECASE | re.DOTALL)
        if not double or not mixed:
            raise
        raise Undecided(
            "this runs in float64, and a tensor in call is of another "
            "dtype: pass it as data, make it a buffer of a module that "
            "is called, or cast it with .to(x)") from error
    finally:
        torch.set_default_dtype(dtype)
# --8<-- [end:on_copies]


# --8<-- [start:judge]
def judge(
    run: Callable[[], Any],
    *,
    own: Callable[[], Any],
    other: Callable[[], Any] | Sequence[Callable[[], Any]],
    message: str | Sequence[str],
    reset: bool = True,
    double: bool = False,
) -> None:
    """Compare `run` with itself, with `own` and with `other`.

    Each gives a tensor or a tuple of tensors. `own` changes
    what must matter, `other` what must not. Several `other`
    give together what `run` gives, and each has its `message`.
    With `reset=False` the noise is measured under two random
    states, with `double` in float64. Each run has the same
    random state and calls copies of its modules (where it
    calls them as `module(x)`).

    Raises:
        AssertionError: `other` changes the result; says
            `message`.
        Undecided: `own` changes nothing, or hardly more than a
            repetition, or gives nan or another shape; or
            `other` draws other random numbers
            (unless `reset=False`); or a run gives no tensor,
            or nan in float64 alone, or an `assert` in it
            fails.
    """
    states: list[list[torch.Generator]] = []

    def drawn() -> None:
        states[-1] += [
            g.clone_state()
            for g in (torch.default_generator,
                      *torch.cuda.default_generators)]

    def results(
        *runs: Callable[[], Any], double: bool = double
    ) -> Iterator[Any]:
        with torch.random.fork_rng(
                range(torch.cuda.device_count())):
            for run in runs:
                states.append([])
                with asserts_undecided(), on_copies(
                        double=double, ready=open_gates,
                        after=drawn):
                    y = run()
                drawn()
                y = y if isinstance(y, tuple) else (y,)
                if any(not isinstance(x, torch.Tensor) or x.is_meta
                       for x in y):
                    raise Undecided(
                        "an output is no tensor, or on meta")
                yield tuple(x.detach().to_dense().cpu().to(
                    torch.complex128, copy=True) for x in y)

    def finite_in_own_dtype() -> bool:
        with contextlib.suppress(RuntimeError, ValueError):
            return all(x.isfinite().all() for y in results(
                run, *others, double=False) for x in y)
        return False

    def same_draws(later: list[torch.Generator]) -> bool:
        return len(later) == len(states[0]) and all(
            torch.equal(a.get_state(), b.get_state())
            for a, b in zip(later, states[0], strict=True))

    def largest(x: torch.Tensor) -> float:
        return x.max().item() if x.numel() else 0.0

    def distance(a: torch.Tensor, b: torch.Tensor) -> float:
        if a.shape != b.shape:
            return math.inf
        gap = (a - b).abs()
        gap[(a == b) | (a.isnan() & b.isnan())] = 0
        return largest(gap.nan_to_num(math.inf, math.inf))

    def distances(those: Any) -> list[float]:
        if len(those) != len(first):
            return [math.inf] * len(first)
        return list(map(distance, first, those))

    first, again = ((*results(run), *results(run))
                    if reset else results(run, run))
    noises, signals = map(distances, (again, *results(own)))
    others = [other] if callable(other) else other
    texts = [message] if isinstance(message, str) else message
    found = [(y, text)
             for call, text in zip(others, texts, strict=True)
             for result in results(call) for y in result]
    theirs = [y for y, _ in found]
    leaks = distances(theirs)
    grains = [
        1e-12 * double * largest(y.abs().nan_to_num(0, 0))
        for y in first]
    says = [text
            for _, text in found] + [*texts[:1]] * len(first)
    alike = not reset or all(map(same_draws, states[3:]))
    for noise, signal, leak, grain, text in zip(
            noises, signals, leaks, grains, says,
            strict=False):
        limit = max(
            10 * noise, 1e-4 * min(signal, 1e300), grain)
        if leak > limit and not alike:
            raise Undecided(
                "the random draws follow the data: call eval(), or "
                "turn off what is random")
        lost = leak == math.inf and double and not all(
            y.isfinite().all() for y in (*first, *theirs))
        if lost and finite_in_own_dtype():
            raise Undecided(
                "in float64 the call gives nan, and in its own dtype "
                "it gives numbers: it casts to float32 inside")
        assert leak <= limit, text
    for noise, signal, grain in zip(
            noises, signals, grains, strict=True):
        if signal <= grain or signal == math.inf:
            raise Undecided(
                "changing what must matter leaves the output as it is"
                if signal <= grain else
                "changing what must matter gives nan or another shape")
        if signal <= 100 * noise:
            raise Undecided(
                "a repetition changes the output nearly as much: "
                "call eval(), give F.dropout training=self.training, "
                "or seed what is random")
    if not first:
        raise Undecided("there is no output to judge")
# --8<-- [end:judge]
