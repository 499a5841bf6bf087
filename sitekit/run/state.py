"""What every page finds, and what it must leave as it found it."""

from __future__ import annotations

import inspect
import random
import re
import sys
from collections.abc import Iterator
from functools import cache

import torch

DEVICES = ("cpu", "cuda", "meta")


def check_device(device: str) -> str:
    """Raise ValueError, in one line, where examples cannot run on `device`."""
    if device not in DEVICES:
        raise ValueError(f"--device {device}: not one of {', '.join(DEVICES)}")
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError("--device cuda: torch sees no GPU on this machine")
    return device


class Setting:
    """The device of a page as the default, torch seeded, all warnings; undone after the page."""

    def __init__(self, device: str):
        self.device = device

    def __enter__(self) -> Setting:
        self.found, self.random = settings(), _random_states()
        torch.backends.cudnn.allow_tf32 = False
        torch.set_default_device(self.device)
        torch.set_warn_always(True)
        torch.manual_seed(0)
        return self

    def __exit__(self, *_: object) -> None:
        torch.backends.cudnn.allow_tf32 = self.found["TF32 in cuDNN"]
        torch.set_default_device(None)
        torch.set_warn_always(False)
        _restore_random_states(self.random)

    def left_behind(self) -> list[str]:
        """What is changed now that the setting is undone; empty where nothing is."""
        now, before = settings(), callables_of_torch()
        changed = [f"{name}: {self.found[name]} became {now[name]}"
                   for name in now if now[name] != self.found.get(name)]
        return changed + [
            f"{name} is another" for name, found in _callables()
            if before.get(name) is not found and name not in _REPLACED_BY_TORCH
            and (name in before or _is_new_method(name, found, before))]


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
        "recursion limit": sys.getrecursionlimit(),
        **{f"sys.{name}": getattr(sys, name)
           for name in ("displayhook", "excepthook", "unraisablehook")
           if not (getattr(sys, name).__module__ or "").startswith("torch.")},
        "sys.gettrace": sys.gettrace(),
        "sys.getprofile": sys.getprofile(),
    }


# What torch itself puts in the place of its own, when Dynamo is first imported.
_REPLACED_BY_TORCH = {"torch.nn.modules.module.Module.__init__",
                      "torch.nn.modules.module.Module.__setstate__"}


@cache
def callables_of_torch() -> dict[str, object]:
    """Torch's public callables as they are when this is first asked, before anything has run."""
    return dict(_callables())


def _callables() -> Iterator[tuple[str, object]]:
    """Torch's public functions, classes and methods, by name."""
    for place, module in list(sys.modules.items()):
        if place.partition(".")[0] != "torch" or "._" in place or module is None:
            continue
        for name, found in list(vars(module).items()):
            if name.startswith("_") or not callable(found):
                continue
            yield f"{place}.{name}", _inner(found)
            if isinstance(found, type) and found.__module__ == place:
                for method, function in list(vars(found).items()):
                    if callable(function) and not re.match("_(?!_)", method):
                        yield f"{place}.{name}.{method}", _inner(function)


def _is_new_method(name: str, found: object, before: dict[str, object]) -> bool:
    """Whether a class has got a method that it does not inherit."""
    owner, _, method = name.rpartition(".")
    kind = before.get(owner)
    return isinstance(kind, type) and all(
        _inner(vars(base).get(method)) is not found for base in kind.__mro__[1:])


def _inner(found: object) -> object:
    """What stands below the wrappers that torch puts around it, around an optimizer's step, say."""
    return inspect.unwrap(found) if inspect.isfunction(found) else found


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
