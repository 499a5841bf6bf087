"""A guard for frozen parts: training leaves them as they are."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from snippets.guards.judge import Undecided, copied


# --8<-- [start:frozen_stays_frozen]
def frozen_stays_frozen(
        train: Callable[[Any], object], model: nn.Module, *,
        frozen: Callable[[Any], Mapping[str, torch.Tensor]]) -> None:
    """Check that `train` does not change what `frozen` returns.

    `train` trains the model that it is given, for three steps or more,
    with an optimizer of its own. `frozen` returns what must stay, by
    name: the state dict of a part, or rows of a weight; what is no
    tensor in it is not looked at. A copy of `model` is trained.

    Raises:
        AssertionError: training changes a frozen tensor.
        Undecided: nothing is frozen, `frozen` reads another model than
            it is given, or training changes no parameter.
    """
    def alike(a: torch.Tensor, b: torch.Tensor) -> bool:
        if a.shape != b.shape:
            return False
        a, b = a.to_dense(), b.to_dense()
        return bool(((a == b) | (a.isnan() & b.isnan())).all())

    def place(x: torch.Tensor) -> int | None:
        return (x.untyped_storage().data_ptr()
                if x.layout == torch.strided and x.numel() else None)

    def tensors() -> dict[str, torch.Tensor]:
        return {name: x for name, x in frozen(twin).items()
                if isinstance(x, torch.Tensor)}

    read: set[int | None] = set()

    class Watch(TorchFunctionMode):  # sees copies made of the original
        def __torch_function__(
                self, func: Any, types: Any, args: Any = (),
                kwargs: Any = None) -> Any:
            read.update(place(x) for x in args[:1]
                        if isinstance(x, torch.Tensor))
            return func(*args, **(kwargs or {}))

    twin = copied(model)
    others = {place(x) for x in (
        *model.parameters(), *model.buffers())} - {None}
    with Watch():
        found = tensors()
    before = {name: x.detach().clone() for name, x in found.items()}
    weights = [(p, p.detach().clone()) for p in twin.parameters()]
    if not any(x.numel() for x in before.values()):
        raise Undecided("nothing is frozen")
    if others & {*read, *map(place, found.values())}:
        raise Undecided("frozen reads another model than it is given")
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        train(twin)
    after = tensors()
    changed = [name for name, x in before.items()
               if name not in after or not alike(x, after[name])]
    if changed:
        raise AssertionError(
            f"training changes {', '.join(changed)}: running "
            "statistics of a norm in training mode, weight decay or "
            "momentum where the gradient is 0, or requires_grad left "
            "on")
    if all(alike(now, then) for now, then in weights):
        raise Undecided("training changes no parameter; does it train "
                        "the model that it is given?")
# --8<-- [end:frozen_stays_frozen]
