"""A tensor in channels-last must stay in channels-last."""

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from snippets.guards.judge import (
    Undecided,
    asserts_undecided,
    copied,
    on_copies,
)


# --8<-- [start:keeps_layout]
def keeps_layout(call: Callable[..., Any],
                 x: torch.Tensor) -> None:
    """Check that `call` computes in channels-last, from `x`
    on.

    `x`, of shape (N, C, H, W) or (N, C, D, H, W), best with
    sizes that differ, is brought to channels-last, and a copy
    of `call` too, if it is a module. Each call of a function
    of torch is
    watched: a copy of a channels-last tensor in the order of
    axes is an error, and an image in that order for a
    convolution, pooling, batch norm, shuffle or resizing.

    Raises:
        AssertionError: the order of memory is lost on the way,
            or the (first) output is not in channels-last.
        Undecided: no function gets a tensor in channels-last,
            or `x` has other axes or holds no numbers.
    """
    def order(y: Any) -> str:
        if not isinstance(y, torch.Tensor) or y.dim() != x.dim(
        ) or (y.layout != torch.strided):
            return ""
        steps = [step for size, step in zip(
            y.shape[2:], y.stride()[2:], strict=True)
            if size > 1 and step > 0]
        if y.shape[1] < 2 or not steps:
            return ""
        first, last = y.stride(1) > max(steps), y.stride(1) < min(steps)
        return "first" if first else "last" if last else ""

    def flat(parts: Iterable[Any]) -> list[Any]:
        return [each for part in parts for each in (
            part if isinstance(part, (tuple, list)) else (part,))]

    def enter(name: str, *_: Any) -> None:
        inside.append(name)

    def leave(*_: Any) -> None:
        inside.pop()

    def is_lost(y: Any) -> bool:
        sizes = {last.shape[2:] for last in seen}
        return order(y) == "first" and not (
            # (N, H, W, C)
            y.shape[1:-1] in sizes and y.shape[2:] not in sizes)

    lost: list[str] = []
    seen: list[torch.Tensor] = []
    inside = [""]

    class Watch(TorchFunctionMode):
        def __torch_function__(
                self, func: Any, types: Any, args: Any = (),
                kwargs: Any = None) -> Any:
            name = getattr(func, "__name__", "a function")
            given = [
                y for y in flat((*args,
                                 *(kwargs or {}).values()))
                if isinstance(y, torch.Tensor)
                and not isinstance(y, nn.Parameter)]
            orders = list(map(order, given))
            memory = {
                y.untyped_storage().data_ptr() for y in given
                if y.layout == torch.strided}
            result = func(*args, **(kwargs or {}))
            seen.extend(y for y in given if order(y) == "last")
            copies = [y for y in flat([result]) if is_lost(y)
                      and y.untyped_storage().data_ptr() not in memory]
            is_of_images = re.search(
                "conv|pool|batch_norm|interpolate|shuffle",
                name)
            if ("last" in orders and copies) or (
                    is_of_images and orders[:1] == ["first"]):
                of = f" of {inside[-1]}" if inside[-1] else ""
                lost.append(f"{name}{of}")
            return result

    if not isinstance(x, torch.Tensor) or x.dim() not in (
            4, 5) or (x.is_meta or not x.numel()
                      or x.layout != torch.strided):
        raise Undecided(
            "x is no batch of images, empty, sparse or on meta")
    form = (torch.channels_last if x.dim() == 4
            else torch.channels_last_3d)
    made: list[nn.Module] = []
    if isinstance(call, nn.Module):
        twin = copied(getattr(call, "_orig_mod", call))
        made.append(twin.to(memory_format=form))
        for name, part in twin.named_modules():
            if not isinstance(part, torch.jit.ScriptModule):
                part.register_forward_pre_hook(
                    partial(enter, name))
                part.register_forward_hook(leave)
    data = x.detach().clone(memory_format=form)
    with (torch.random.fork_rng(
            range(torch.cuda.device_count())),
          asserts_undecided(), on_copies(*made), Watch()):
        output = flat([(made[0] if made else call)(data)])
    if output and is_lost(output[0]):
        lost.append("the output")
    assert not lost, (
        f"channels-last is lost in {', '.join(dict.fromkeys(lost))}: "
        "contiguous(), a reshape that mixes axes, or a function whose "
        "output is always contiguous")
    if not seen:
        raise Undecided(
            "no function of torch gets a tensor in channels-last: pass "
            "more than one channel and more than one pixel")
# --8<-- [end:keeps_layout]
