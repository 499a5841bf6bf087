"""In eval mode a model must give the same output again."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import nn

from snippets.guards.judge import (
    Undecided,
    asserts_undecided,
    check_dense,
    copied,
)


# --8<-- [start:held]
def held(value: Any, seen: set[int] | None = None) -> int:
    """Count the numbers and items in tensors, lists, dicts,
    objects.

    A deque with a maxlen counts nothing, since it cannot grow.
    """
    if isinstance(value, torch.Tensor):
        return value.numel()
    seen = set() if seen is None else seen
    if id(value) in seen or callable(value) or (
            getattr(value, "maxlen", None)):
        return 0
    seen.add(id(value))
    inner = [*getattr(value, "__dict__", {}).values()]
    if isinstance(value, Mapping):
        inner += value.values()
    if isinstance(value, (list, tuple, set, deque)):
        inner += value
    return sum(1 + held(each, seen) for each in inner)
# --8<-- [end:held]


# --8<-- [start:same_in_eval_twice]
def same_in_eval_twice(
    model: nn.Module,
    *inputs: torch.Tensor,
    other: Iterable[torch.Tensor] | None = None,
    call: Callable[..., Any] = lambda model, *inputs: model(*inputs),
) -> None:
    """Check that a copy of `model` in eval mode keeps nothing.

    `inputs` are tensors of any shapes, and `other` are such
    tensors with other numbers: by default made from `inputs`.
    `call` gives a tensor, or tensors in tuples, lists, dicts
    and dataclasses.

    Raises:
        AssertionError: the output changes when it is computed
            again, or after a call with `other`; a call changes
            its input, a parameter or a buffer; or what the
            model holds grows. A buffer may get another shape.
            Noise passes where no run shows it, as rare dropout
            of few numbers.
        Undecided: `other` gives the same output, there is no
            output, or the model cannot be copied.
    """
    def tensors(part: Any) -> list[torch.Tensor]:
        if isinstance(part, torch.Tensor):
            return [part.detach().clone()]
        if is_dataclass(part):
            part = [
                getattr(part, x.name) for x in fields(part)]
        if isinstance(part, Mapping):
            part = list(part.values())
        return [y for each in part for y in tensors(each)] if (
            isinstance(part, (tuple, list))) else []

    def moved(x: torch.Tensor) -> torch.Tensor:
        place = torch.arange(x.numel(), device=x.device)
        values = x.flatten()[place // 2]
        if x.is_floating_point() or x.is_complex():
            values = values * (0.75 +
                               (place + 1).cos() / 4).to(x)
        return values.view(x.shape)

    def same(a: torch.Tensor, b: torch.Tensor) -> bool:
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        limit, wide = 0.0, torch.complex128
        x, y = (part.to_dense().to(wide) for part in (a, b))
        changed = x[x != y].abs().nan_to_num()
        if len(changed) and (a.is_floating_point()
                             or a.is_complex()):
            largest = changed.max().item()
            limit = 4 * torch.finfo(a.dtype).eps * largest
        return torch.allclose(x, y, 0, limit, equal_nan=True)


    def all_same(a: list[torch.Tensor],
                 b: list[torch.Tensor]) -> bool:
        return len(a) == len(b) and all(map(same, a, b))

    def fresh() -> nn.Module:
        twin: nn.Module = copied(
            getattr(model, "_orig_mod", model))
        return twin.eval()

    def state(twin: nn.Module) -> dict[str, torch.Tensor]:
        return {name: x.detach().clone() for name, x in (
            *twin.named_parameters(), *twin.named_buffers())}

    def sizes(twin: nn.Module) -> Counter[str]:
        own = vars(nn.Module()).keys() - {"_buffers"}
        return Counter({
            f"{name}.{key}".lstrip("."): held(value)
            for name, part in twin.named_modules()
            for key, value in vars(part).items()
            if key not in own})

    def generators() -> torch.Tensor:
        return torch.cat([torch.get_rng_state(),
                          *torch.cuda.get_rng_state_all()])

    if not isinstance(model, nn.Module) or not inputs or any(
            not torch.is_tensor(x) or x.is_meta
            for x in inputs):
        raise Undecided(
            "pass a module, and tensors that hold numbers")
    check_dense(*inputs)
    data = [x.detach().clone() for x in inputs]
    away = list(map(moved,
                    data)) if other is None else list(other)
    with (torch.random.fork_rng(range(
            torch.cuda.device_count())), asserts_undecided()):
        twin, late = fresh(), fresh()
        begin = state(twin)
        first, small = tensors(call(twin, *data)), sizes(twin)
        if not first or any(y.is_meta for y in first):
            raise Undecided(
                "the output has no tensor with numbers")
        intact, seed = all(map(same, data,
                               inputs)), generators()
        again, large = tensors(call(twin, *data)), sizes(twin)
        draws = not torch.equal(seed, generators())
        for _ in range(20 if draws else 0):
            if all_same(first, again):
                again = tensors(call(twin, *data))
        others = tensors(call(twin, *away))
        last, huge = tensors(call(twin, *data)), sizes(twin)
        call(late, *away)
        later, end = tensors(call(late, *data)), state(twin)
    changed = [
        name for name, x in begin.items()
        if name in end and x.shape == end[name].shape
        and not x.equal(end[name])
        and not all_same([x], [end[name]])]
    grows = [
        key for key in huge
        if small[key] < large[key] < huge[key]]
    assert intact, (
        "a call changes its input in place: inplace=True in the first "
        "layer, or a method with an underscore on the input")
    assert not draws or all_same(first, again), (
        "in eval mode the output is random: F.dropout without "
        "training=self.training, dropout_p that is always on, or noise")
    assert not changed, (
        f"in eval mode a call changes {', '.join(changed)}: an update "
        "that does not ask for self.training")
    assert not grows, (
        f"each call lets {', '.join(grows)} grow: append or cat in "
        "forward")
    assert all(
        all_same(first, y) for y in (again, last, later)
    ), ("in eval mode the output changes with the calls before: a "
        "hidden state or cache that is kept, or set by the first call, "
        "or random numbers of NumPy")
    if all_same(first, others):
        raise Undecided(
            "other data give the same output: pass other=...")
# --8<-- [end:same_in_eval_twice]
