"""A guard for checkpoints: training goes on as if never stopped."""

import math
import random
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from snippets.guards.judge import Undecided


# --8<-- [start:resumes_exactly]
def resumes_exactly(start: Callable[[], Any],
                    train: Callable[[Any, int], object],
                    save: Callable[[Any, Path], object],
                    load: Callable[[Any, Path], object], *,
                    steps: int = 3) -> None:
    """Check that a run that is saved and loaded goes on
    exactly.

    `start()` makes a new state, as a new process does: a dict
    or object that holds the model, the optimizer and all else.
    `train(state, n)` takes n steps; `save(state, path)` and
    `load(state, path)` write and read a file. Twice `steps` in
    one go are compared with `steps`, a file, and `steps` more
    of a new state, under another random state. Compared are
    tensors, torch's generators, and what torch's objects put
    into their state_dict, at any depth of attributes,
    mappings, lists, tuples and deques. A gap below a millionth
    of the one of a run that loads nothing is taken for
    rounding.

    Raises:
        AssertionError: the runs differ; tells what is not
            restored.
        Undecided: `start` returns one state twice, the state
            holds no number, a repetition differs, or all is
            the same if nothing is loaded.
    """
    numpy = sys.modules.get("numpy")
    found: dict[str, torch.Tensor] = {}
    seen: dict[int, Any] = {}

    # how to read and set each state
    draws: list[tuple[Any, Any]] = [
        (torch.get_rng_state, torch.set_rng_state),
        (torch.cuda.get_rng_state_all,
         torch.cuda.set_rng_state_all),
        (random.getstate, random.setstate)]
    if numpy:
        draws += [
            (numpy.random.get_state, numpy.random.set_state)]

    def random_states() -> list[Any]:
        return [get() for get, _ in draws]

    def restore(states: list[Any]) -> None:
        for (_, put), state in zip(draws, states, strict=True):
            put(state)

    def begin(seed: int) -> Any:
        torch.manual_seed(seed)
        random.seed(seed)
        if numpy:
            numpy.random.seed(seed)
        return start()

    def read(x: Any, name: str, inside: bool = False) -> None:
        number = inside and isinstance(x, (int, float))
        if isinstance(x, torch.Generator):
            x = x.get_state()
        if isinstance(x, torch.Tensor) or number:
            wide = torch.as_tensor(x).detach()
            if not wide.is_meta and (inside or wide.dim()):
                # a number in no object of torch is a loss of
                # the past
                kind = (torch.complex128 if wide.is_complex()
                        else torch.float64)
                found[name] = wide.to_dense().cpu().to(
                    kind, copy=True)
            return
        if id(x) in seen or isinstance(x, (type, type(sys))):
            return
        # kept, so that nothing else gets its id
        seen[id(x)] = x
        inner: Any = getattr(x, "__dict__", {})
        torchs = type(x).__module__.split(".")[0] == "torch"
        if isinstance(x, torch.nn.Module):
            for key, value in {**x._parameters,
                               **x._buffers}.items():
                read(value, f"{name}.{key}".lstrip("."),
                     inside=True)
            inner = {
                key: value for key, value in inner.items()
                if not torchs and key[:1] != "_"} | x._modules
        elif torchs and hasattr(x, "state_dict"):
            inner, inside = x.state_dict(), True
        elif isinstance(x, Mapping):
            inner = x
        elif isinstance(x, (list, tuple, deque)):
            inner = dict(enumerate(x))
        for key, value in list(inner.items()):
            # of a schedule; it only warns
            if key != "_step_count":
                read(
                    value, f"{name}.{key}".lstrip("."), inside)

    def numbers(state: Any) -> dict[str, torch.Tensor]:
        seen.clear()
        found.clear()
        read(state, "")
        return dict(found)

    def gap(name: str, one: Any, other: Any) -> float:
        a, b = one.get(name), other.get(name)
        if a is None or b is None or a.shape != b.shape:
            return 0.0 if a is b else math.inf
        off = (a - b).abs()
        off[(a == b) | (a.isnan() & b.isnan())] = 0
        size = off.max().item() if off.numel() else 0.0
        return math.inf if math.isnan(size) else size

    def whole() -> dict[str, torch.Tensor]:
        state = begin(0)
        train(state, 2 * steps)
        return numbers(state)

    before = random_states()
    try:
        with tempfile.TemporaryDirectory() as folder:
            one, again, path = whole(), whole(), Path(folder, "saved")
            state = begin(0)
            train(state, steps)
            randomness, saved = random_states(), numbers(state)
            save(state, path)


            def resumed(loads: bool = True,
                        drawn: bool = False) -> Any:
                new = begin(1)
                if new is state:
                    raise Undecided(
                        "start returns one state twice")
                if loads:
                    load(new, path)
                there = numbers(new)
                if drawn:
                    restore(randomness)
                train(new, steps)
                return there, numbers(new)

            there, two = resumed()
            (_, other), (_, exact) = resumed(False), resumed(drawn=True)
    finally:
        restore(before)
    names = sorted({*one, *two})
    signals = {name: gap(name, one, other) for name in names}
    parts = {name: [each for each in names if each.split(".")[0]
                    == name.split(".")[0]] for name in names}
    noises = {name: max(gap(each, one, again) for each in parts[name])
              for name in names}  # of the part of the state
    noisy = [
        name for name in names if not noises[name] <= 1e-3
        * min(1e300, max(signals[each]
                         for each in parts[name]))]

    def differ(a: Any, b: Any) -> list[str]:
        return [name for name in names if name not in noisy
                and gap(name, a, b) > max(
                    10 * noises[name],
                    1e-6 * min(1e300, signals[name]))]

    if differ(one, two):
        lost = differ(saved, there)
        raise AssertionError("the run does not go on exactly: " + (
            f"load does not restore {', '.join(lost[:4])}"
            + f" and {len(lost) - 4} more" * (len(lost) > 4) if
            lost else "the random state is not restored, of torch, random or "
            "numpy" if not differ(one, exact) else
            "the data begins anew, or a step count is lost: save "
            "the position in the data, too"))
    if noisy:
        part = noisy[0].split(".")[0]
        raise Undecided(
            f"a repetition changes {part}: let start seed "
            "what is random")
    if not any(signals.values()):
        raise Undecided(
            "all is the same without loading, too: does "
            "the state hold what train changes?")
# --8<-- [end:resumes_exactly]
