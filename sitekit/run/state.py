"""What every page finds, and what it must leave as it found it."""

from __future__ import annotations

import contextlib
import inspect
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from operator import is_
from types import ModuleType

import torch


class Setting:
    """The device of a page as the default, torch seeded, all warnings; undone after the page."""

    def __init__(self, device: str):
        self.device = device

    def __enter__(self) -> Setting:
        self.found, self.random = settings(), _random_states()
        torch.backends.cudnn.allow_tf32 = False
        torch.set_default_device(self.device)
        torch.set_warn_always(True)
        torch.distributions.Distribution.set_default_validate_args(True)  # Dynamo turns it off
        with contextlib.suppress(RuntimeError):  # torch 2.9 knows on and off alone
            torch._C._set_check_sparse_tensor_invariants(None)  # neither on nor off: torch warns
        torch.manual_seed(0)
        return self

    def __exit__(self, *_: object) -> None:
        torch.backends.cudnn.allow_tf32 = self.found["TF32 in cuDNN"]
        torch.set_default_device(None)
        torch.set_warn_always(self.found["warnings each time"])
        _restore_random_states(self.random)
        if accelerate := sys.modules.get("accelerate.state"):  # one state for a process
            accelerate.AcceleratorState._reset_state(reset_partial_state=True)
            accelerate.GradientState._reset_state()

    def left_behind(self) -> list[str]:
        """What is changed now that the setting is undone; empty where nothing is."""
        now = settings()
        return [f"{name}: {self.found[name]} became {now[name]}"
                for name in now if now[name] != self.found.get(name)] + [
            f"{name} is another" for name in changed_callables()]


def settings() -> dict[str, object]:
    """What a page can set of torch and of Python, by name."""
    hooks = vars(torch.nn.modules.module)
    return {
        "default device": str(torch.get_default_device()),
        "default dtype": torch.get_default_dtype(),
        "grad mode": torch.is_grad_enabled(),
        "inference mode": torch.is_inference_mode_enabled(),
        "anomaly mode": torch.is_anomaly_enabled(),
        "autocast": (torch.is_autocast_enabled("cpu"), torch.is_autocast_enabled("cuda")),
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
        "deterministic cuDNN": torch.backends.cudnn.deterministic,
        "benchmarking cuDNN": torch.backends.cudnn.benchmark,
        "TF32 in cuDNN": torch.backends.cudnn.allow_tf32,
        "matmul precision": torch.get_float32_matmul_precision(),
        "warnings each time": torch.is_warn_always_enabled(),
        "threads": torch.get_num_threads(),
        "print options": repr(vars(torch._tensor_str.PRINT_OPTS)),
        "module hooks": {name: len(found) for name, found in hooks.items()
                         if name.startswith("_global_") and isinstance(found, dict)},
        "process group": torch.distributed.is_available() and torch.distributed.is_initialized(),
        "recursion limit": max(sys.getrecursionlimit(), 2000),  # to which Inductor raises it
        **{f"sys.{name}": getattr(sys, name)
           for name in ("displayhook", "excepthook", "unraisablehook")
           if not (getattr(sys, name).__module__ or "").startswith("torch.")},
        "sys.gettrace": sys.gettrace(),
        "sys.getprofile": sys.getprofile(),
    }


_REPLACED_BY_LIBRARIES = {
    # by torch itself, when Dynamo is first imported
    "torch.nn.modules.module.Module.__init__", "torch.nn.modules.module.Module.__setstate__",
    # by transformers, which adds it when it first fills a model
    "torch.nn.modules.module.Module.smart_apply"}


@dataclass(frozen=True)
class _Names:
    """A module or a class of torch, and what it held when this was made."""

    place: str
    owner: ModuleType | type
    held: tuple[object, ...]

    @property
    def is_same(self) -> bool:
        now = vars(self.owner)
        return len(now) == len(self.held) and all(map(is_, now.values(), self.held))

    def callables(self) -> dict[str, object]:
        """What can be called by a public name, without the wrappers that torch puts around it."""
        hidden = "_" if isinstance(self.owner, ModuleType) else "_(?!_)"
        return {name: inspect.unwrap(found) if inspect.isfunction(found) else found
                for name, found in list(vars(self.owner).items())
                if callable(found) and not re.match(hidden, name)}


@cache
def names_of_torch() -> list[tuple[_Names, dict[str, object]]]:
    """Torch's public modules and classes as they are when this is first asked."""
    found = []
    for place, module in list(sys.modules.items()):
        if place.partition(".")[0] != "torch" or "._" in place or module is None:
            continue
        found.append(_Names(place, module, tuple(vars(module).values())))
        found += [_Names(f"{place}.{name}", kind, tuple(vars(kind).values()))
                  for name, kind in vars(module).items()
                  if issubclass(type(kind), type) and kind.__module__ == place and name[0] != "_"]
    return [(names, names.callables()) for names in found]


def changed_callables() -> Iterator[str]:
    """The names under which torch now has something else; new names of modules apart."""
    for names, before in names_of_torch():
        if names.is_same:
            continue
        for name, found in names.callables().items():
            place = f"{names.place}.{name}"
            is_new = name not in before and not _inherits(names.owner, name, found)
            is_other = name in before and before[name] is not found
            if (is_other or (is_new and isinstance(names.owner, type))) and (
                    place not in _REPLACED_BY_LIBRARIES):
                yield place


def _inherits(owner: ModuleType | type, name: str, found: object) -> bool:
    """Whether a class has put what it inherits under its own name: an optimizer's step, say."""
    return isinstance(owner, type) and any(
        inspect.unwrap(vars(base)[name]) is found for base in owner.__mro__[1:]
        if name in vars(base))


def _random_states() -> tuple:
    numpy = sys.modules.get("numpy")
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    return torch.get_rng_state(), cuda, random.getstate(), numpy and numpy.random.get_state()


def _restore_random_states(states: tuple) -> None:
    cpu, cuda, python, numpy = states
    torch.set_rng_state(cpu)
    if cuda:
        torch.cuda.set_rng_state_all(cuda)
    random.setstate(python)
    if numpy:
        sys.modules["numpy"].random.set_state(numpy)
