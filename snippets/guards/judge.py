"""What every guard shares: runs that are compared, and a verdict."""

import contextlib
import copy
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from unittest import mock

import torch
from torch import nn


# --8<-- [start:undecided]
class Undecided(Exception):
    """A guard that could not have failed, so it does not pass."""
# --8<-- [end:undecided]


# --8<-- [start:tensors_along]
def tensors_along(
    result: Any, dim: int, size: int
) -> tuple[torch.Tensor, ...]:
    """Give the tensors of `result`, each of `size` along `dim`.

    Raises: Undecided that names the first output that is no tensor,
        has another size there, or holds no numbers (on meta).
    """
    if not isinstance(result, (tuple, torch.Tensor)):
        raise Undecided(
            f"the output is of type {type(result).__name__}: let call "
            "return a tensor of it, such as its .logits")
    tensors = result if isinstance(result, tuple) else (result,)
    for place, tensor in enumerate(tensors):
        if not isinstance(tensor, torch.Tensor):
            raise Undecided(
                f"output {place} is no tensor: leave it out of call")
        if tensor.is_meta:
            raise Undecided(
                f"output {place} is on meta and holds no numbers")
        if not -tensor.dim() <= dim < tensor.dim() or (
                tensor.shape[dim] != size):
            raise Undecided(
                f"output {place}, of shape {tuple(tensor.shape)}, has "
                f"no axis {dim} of size {size}: leave it out of call")
    return tensors
# --8<-- [end:tensors_along]


# --8<-- [start:copied]
def copied(module: Any) -> Any:
    """Return a deep copy of a module, or of anything else.

    Raises: Undecided where something in it cannot be copied.
    """
    try:
        twin = copy.deepcopy(module)
    except RuntimeError as error:
        if "deepcopy" not in str(error):
            raise
        raise Undecided(
            f"{type(module).__name__} holds a tensor with a graph, "
            "from a call before: make it anew, or detach what it keeps"
        ) from error
    except TypeError as error:
        raise Undecided(
            f"{type(module).__name__} holds what cannot be copied: "
            f"{error}") from error
    return twin
# --8<-- [end:copied]


# --8<-- [start:on_copies]
@contextlib.contextmanager
def on_copies(
    *made: nn.Module, double: bool = False
) -> Iterator[None]:
    """Call copies of modules, uncompiled; in float64 if `double`.

    Not of `made`, and of those that are made meanwhile.

    Raises: Undecided where a tensor of another dtype meets float64.
    """
    call, dtype = nn.Module.__call__, torch.get_default_dtype()
    twins = {part: part for twin in made for part in twin.modules()}

    def call_twin(module: nn.Module, *args: Any, **kw: Any) -> Any:
        module = getattr(module, "_orig_mod", module)
        if any(not isinstance(weight, nn.Parameter)
               for weight in module.parameters()):  # functional_call
            return call(module, *args, **kw)
        if module not in twins:
            known = len(twins)
            twin = copied(module)
            for part in [twin, *list(twins)[known:]] if double else []:
                part.double()
            parts = list(twin.modules())
            twins.update(zip(module.modules(), parts, strict=True))
            twins.update(zip(parts, parts, strict=True))
        return call(twins[module], *args, **kw)

    def registers(method: Callable[..., None]) -> Callable[..., None]:
        def make(module: nn.Module, *args: Any, **kw: Any) -> None:
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
                __setstate__=registers(nn.Module.__setstate__)):
            yield
    except (RuntimeError, ValueError) as error:
        says = str(error).lower()
        mixed = "mixed dtype" in says or "src.dtype" in says or (
            re.search("double|float64", says)
            and re.search(r"\b(b?float(16|32)?|half)(tensor)?\b", says))
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
    other: Callable[[], Any],
    message: str,
    reset: bool = True,
    double: bool = False,
) -> None:
    """Compare `run` with itself, with `own` and with `other`.

    Each gives a tensor or a tuple of tensors. `own` changes what must
    matter, `other` what must not. With `reset=False` the noise is
    measured under two random states, with `double` in float64. Each
    run has the same random state and calls copies of its modules
    (where it calls them as `module(x)`), uncompiled.

    Raises:
        AssertionError: `other` changes the result; says `message`.
        Undecided: `own` changes nothing, or hardly more than a
            repetition, or gives nan or another shape; or `other`
            draws another number of random numbers (unless
            `reset=False`); or an `assert` of the call itself fails;
            or a run gives what is no tensor.
    """
    def results(run: Callable[[], Any], times: int = 1) -> Any:
        with torch.random.fork_rng(range(torch.cuda.device_count())):
            for _ in range(times):
                try:
                    with on_copies(double=double):
                        result = run()
                except AssertionError as error:
                    raise Undecided("an assert of the call itself "
                                    f"fails: {error}") from error
            drawn.append([torch.get_rng_state(),
                          *torch.cuda.get_rng_state_all()])
        result = result if isinstance(result, tuple) else (result,)
        if not all(isinstance(y, torch.Tensor) for y in result):
            raise Undecided("a run gives what is no tensor")
        return tuple(y.detach().clone() for y in result)

    def wide(x: torch.Tensor) -> torch.Tensor:
        if x.is_meta:
            raise Undecided("an output on meta holds no numbers")
        return x.to_dense().cpu().to(torch.complex128)

    def distance(a: torch.Tensor, b: torch.Tensor) -> float:
        if a.shape != b.shape:
            return math.inf
        a, b = wide(a), wide(b)
        gap = (a - b).abs()
        gap[(a == b) | (a.isnan() & b.isnan())] = 0
        gap[gap.isnan()] = math.inf
        return gap.max().item() if gap.numel() else 0.0

    def distances(those: Any) -> list[float]:
        if len(those) != len(first):
            return [math.inf] * len(first)
        pairs = zip(first, those, strict=True)
        return [distance(ours, theirs) for ours, theirs in pairs]

    def rounding(x: torch.Tensor) -> float:
        sizes = wide(x).abs()
        sizes = sizes[sizes.isfinite()]
        largest = sizes.max().item() if sizes.numel() else 0.0
        return 1e-12 * largest if double else 0.0

    drawn: list[list[torch.Tensor]] = []
    first = results(run)
    noises = distances(results(run, times=1 if reset else 2))
    signals, leaks = distances(results(own)), distances(results(other))
    grains = [rounding(y) for y in first]
    alike = all(map(torch.equal, drawn[0], drawn[-1])) or not reset
    for noise, signal, leak, grain in zip(
            noises, signals, leaks, grains, strict=True):
        limit = max(10 * noise, 1e-4 * min(signal, 1e300), grain)
        if leak > limit and not alike:
            raise Undecided(
                "the number of random draws follows the data: call "
                "eval(), or turn off what is random")
        assert leak <= limit, message
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
                "call eval(), or seed what is random")
    if not first:
        raise Undecided("there is no output to judge")
# --8<-- [end:judge]


# --8<-- [start:judge_all]
def judge_all(judgements: Iterable[Callable[[], None]]) -> None:
    """Call all `judgements`; one that fails outweighs one undecided.

    Raises:
        AssertionError: one of them fails; at once.
        Undecided: none fails, and one is undecided; the first.
    """
    undecided: list[Undecided] = []
    for judgement in judgements:
        try:
            judgement()
        except Undecided as error:
            undecided.append(error)
    if undecided:
        raise undecided[0]
# --8<-- [end:judge_all]


# --8<-- [start:opened]
def opened(module: nn.Module, size: float = 0.1) -> nn.Module:
    """Return a copy of `module` in which no gate is closed.

    Parameters (of float or complex numbers) that are all below 0.001
    in size, as those that start at 0 are, become random numbers of
    deviation `size`. A parameter that holds nan stays as it is.
    """
    twin: nn.Module = copied(module)
    with torch.no_grad():
        for weight in twin.parameters():
            if not weight.is_floating_point() | weight.is_complex():
                continue
            # float8 numbers have no abs and no normal_
            wide = weight.float() if weight.itemsize < 2 else weight
            if weight.numel() and (wide.abs() < 1e-3).all():
                weight.copy_(torch.empty_like(wide).normal_(std=size))
    return twin
# --8<-- [end:opened]
