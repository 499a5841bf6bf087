"""Copies that arrive later: waiting for them, and finding who did not."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import torch
from torch.utils._pytree import tree_leaves

from snippets.guards.judge import Undecided, on_copies


# --8<-- [start:to_host]
def to_host(*tensors: torch.Tensor) -> list[torch.Tensor]:
    """Return `tensors`, of any shapes, on the CPU, all
    arrived.

    All copies are queued, then each device is waited for once.
    A tensor that is on the CPU is returned itself.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.synchronize.html
    """
    copies = [x.to("cpu", non_blocking=True) for x in tensors]
    if torch.accelerator.is_available():
        for index in {x.device.index for x in tensors}:
            torch.accelerator.synchronize(index)
    return copies
# --8<-- [end:to_host]


# --8<-- [start:late_copies]
@contextlib.contextmanager
def late_copies(
    late: bool = True, arrives: bool = True
) -> Iterator[Any]:
    """Give a class of tensors that are on a simulated GPU.

    A non-blocking copy of `x.as_subclass(OnGPU)` to the CPU
    holds nan or wrong integers until the program waits: by
    `synchronize` of `torch.accelerator` or `torch.cuda`, by a
    blocking copy, or by one of `reads` below, called on a
    tensor of OnGPU. It knows nothing of streams and events,
    and takes all memory for pinned memory. With `late=False`
    each copy arrives at once, with `arrives=False` none ever
    does.

    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html
    """
    reads = [
        "item", "tolist", "__bool__", "__int__", "__index__",
        "__float__", "__complex__", "__repr__", "__format__",
        "__contains__", "is_nonzero", "equal", "allclose",
        "nonzero", "masked_select", "unique"]
    whole = {  # torch has no ~ for some of them
        torch.uint8, torch.uint16, torch.uint32, torch.uint64,
        torch.int8, torch.int16, torch.int32, torch.int64}
    queue: list[tuple[torch.Tensor, torch.Tensor]] = []
    arrive: Callable[[], None] = (
        torch.accelerator.synchronize
        if torch.accelerator.is_available() else lambda: None)

    def wait(*_: Any) -> None:
        while queue and arrives:
            host, value = queue.pop(0)
            host.copy_(value)

    class OnGPU(torch.Tensor):
        count = 0

        @classmethod
        def __torch_function__(
            cls, func: Any, types: Any, args: Any = (),
            kwargs: Any = None,
        ) -> Any:
            base: Any = super()
            given, kwargs = args[1:], kwargs or {}
            into_host = (func is torch.Tensor.copy_
                         and type(args[0]) is not cls
                         and args[0].device.type == "cpu")
            to_cpu = func is torch.Tensor.to and any(
                type(a) is not cls and a.device.type == "cpu"
                if isinstance(a, torch.Tensor)
                else str(a).startswith("cpu")
                for a in [*given, *kwargs.values()])
            name = getattr(func, "__name__", "")
            if name != "to" and str(kwargs.get("device")).startswith(
                    "cpu"):  # such as empty_like: it is on the CPU
                with torch._C.DisableTorchFunctionSubclass():
                    return func(*args, **kwargs)
            if name in reads or (name == "__getitem__" and getattr(
                    given[0], "dtype", None) == torch.bool):
                wait()
                # print it as a tensor
                if isinstance(args[0], cls):
                    args = (args[0].as_subclass(
                        torch.Tensor), *given)
            if not (into_host or to_cpu
                    or func is torch.Tensor.cpu):
                return base.__torch_function__(
                    func, types, args, kwargs)
            with torch._C.DisableTorchFunctionSubclass():
                copied = func(*args, **kwargs).detach()
                arrive()
                value = copied.clone()
                host = args[0].detach(
                ) if into_host else value.clone()
                asked = kwargs.get("non_blocking") or next(
                    (a for a in given if isinstance(a, bool)),
                    False)
                cls.count += bool(asked)
                if asked and late:
                    queue.append((host, value))
                    if value.dtype == torch.bool:
                        host.copy_(~value)
                    elif value.dtype in whole:
                        host.copy_(~value.long())
                    else:
                        host.fill_(torch.nan)
                else:
                    wait()
            return host

    with (mock.patch.multiple(
            torch.accelerator, synchronize=wait,
            is_available=lambda: True),
          mock.patch.object(torch.cuda, "synchronize", wait)):
        yield OnGPU
# --8<-- [end:late_copies]


# --8<-- [start:assert_waits]
def assert_waits(run: Callable[..., Any], *inputs:
                 torch.Tensor) -> None:
    """Check that `run(*inputs)` reads no copy before it has
    arrived.

    `run` returns a number, a tensor or a list of them. It runs
    four times from one random state, on copies of its modules.

    Raises:
        AssertionError: copies that come late change the
            result.
        Undecided: `run` makes no non-blocking copy to the CPU,
            gives another result each time, or gives the same
            result where no copy ever arrives; or an input is
            on meta.

    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html
    """

    def result(late: bool,
               arrives: bool = True) -> list[torch.Tensor]:
        with (torch.random.fork_rng(
                range(torch.cuda.device_count())), on_copies(),
              late_copies(late, arrives) as on_gpu):
            leaves = tree_leaves(
                run(*(x.clone().as_subclass(on_gpu)
                      for x in inputs)))
        if not on_gpu.count:
            raise Undecided(
                "no non-blocking copy to the CPU is made")
        with torch._C.DisableTorchFunctionSubclass():
            return [torch.as_tensor(y).cpu() for y in leaves]

    def gives_it(**timing: bool) -> bool:
        try:
            found = result(**timing)
        except (ArithmeticError, AssertionError, LookupError,
                RuntimeError, TypeError, ValueError):
            return False  # wrong numbers led to an error
        kinds = [(x.shape, x.dtype) for x in found]
        return kinds == [
            (x.shape, x.dtype) for x in at_once] and all(
                torch.allclose(wide(x), wide(y), 1e-5, 0,
                               equal_nan=True)
                for x, y in zip(found, at_once, strict=True))

    def wide(x: torch.Tensor) -> torch.Tensor:
        return x if x.is_complex() else x.double()

    if any(x.is_meta for x in inputs):
        raise Undecided("an input on meta holds no numbers")
    at_once = result(late=False)
    if not gives_it(late=False):
        raise Undecided(
            "a repetition changes the result: seed it")
    if gives_it(late=True, arrives=False):
        raise Undecided(
            "a copy that never arrives changes nothing")
    assert gives_it(late=True), (
        "a copy to the CPU is read before it has arrived: call "
        "torch.accelerator.synchronize() in between, or leave out "
        "non_blocking=True")
# --8<-- [end:assert_waits]
