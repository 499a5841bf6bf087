"""What every guard shares: runs that are compared, and a verdict."""

import contextlib
import copy
import math
import re
from collections.abc import Callable, Iterator
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

    Raises: Undecided that names the first tensor of another size.
    """
    tensors = result if isinstance(result, tuple) else (result,)
    for place, tensor in enumerate(tensors):
        if not isinstance(tensor, torch.Tensor):
            raise Undecided(
                f"output {place} is no tensor: leave it out of call")
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

    Raises: Undecided where a tensor in it cannot be copied.
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

    torch.set_default_dtype(torch.float64 if double else dtype)
    try:
        with mock.patch.multiple(
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
    run has the same random state and calls copies of its modules,
    uncompiled.

    Raises:
        AssertionError: `other` changes the result; says `message`.
        Undecided: `own` changes nothing, or hardly more than a
            repetition, or gives nan or another shape.
    """
    def results(run: Callable[[], Any], times: int = 1) -> Any:
        with torch.random.fork_rng(range(torch.cuda.device_count())):
            for _ in range(times):
                with on_copies(double=double):
                    result = run()
        return result if isinstance(result, tuple) else (result,)

    def distance(a: torch.Tensor, b: torch.Tensor) -> float:
        a, b = a.detach().cpu(), b.detach().cpu()
        if a.shape != b.shape:
            return math.inf
        gap = (a.to(torch.complex128) - b.to(torch.complex128)).abs()
        gap[(a == b) | (a.isnan() & b.isnan())] = 0
        gap[gap.isnan()] = math.inf
        return gap.max().item() if gap.numel() else 0.0

    def distances(those: Any) -> list[float]:
        pairs = zip(first, those, strict=True)
        return [distance(ours, theirs) for ours, theirs in pairs]

    first = results(run)
    noises = distances(results(run, times=1 if reset else 2))
    signals, leaks = distances(results(own)), distances(results(other))
    for noise, signal, leak in zip(noises, signals, leaks, strict=True):
        assert leak <= max(10 * noise, 1e-4 * signal), message
    for noise, signal in zip(noises, signals, strict=True):
        if signal == 0 or signal == math.inf:
            raise Undecided(
                "changing what must matter leaves the output as it is"
                if signal == 0 else
                "changing what must matter gives nan or another shape")
        if signal <= 100 * noise:
            raise Undecided(
                "a repetition changes the output nearly as much: "
                "call eval(), or seed what is random")
    if not first:
        raise Undecided("there is no output to judge")
# --8<-- [end:judge]
