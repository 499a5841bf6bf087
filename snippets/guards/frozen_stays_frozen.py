"""A guard for frozen parts: training leaves them as they are."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from snippets.guards.judge import Undecided, asserts_undecided, copied


# --8<-- [start:frozen_stays_frozen]
def frozen_stays_frozen(
        train: Callable[[Any], object], model: nn.Module, *,
        frozen: Callable[[Any], Mapping[str, torch.Tensor]]) -> None:
    """Check that `train` does not change what `frozen` returns.

    `train` trains the model that it is given, for three steps or more,
    with an optimizer of its own. `frozen` returns what must stay, by
    name, of the model that it is given: the state dict of a part, or
    rows of a weight; what is no tensor in it is not looked at. A copy
    of `model` is trained, with its gradients.

    Raises:
        AssertionError: training changes a frozen tensor.
        Undecided: nothing is frozen or it is on meta, `frozen` reads
            `model` itself or returns the same tensor for two models,
            training changes no parameter that the model had before (so
            replace a layer before the call), or an `assert` in it
            fails.
    """
    def alike(a: torch.Tensor, b: torch.Tensor) -> bool:
        if a.shape != b.shape:
            return False
        a, b = a.to_dense(), b.to_dense()
        return bool(((a == b) | (a.isnan() & b.isnan())).all())

    def places(x: Any) -> set[int]:
        if isinstance(x, Mapping):
            x = [*x.values()]
        if isinstance(x, (list, tuple)):
            return set().union(*map(places, x))
        if not isinstance(x, torch.Tensor) or x.is_meta or (
                x.layout != torch.strided):
            return set()
        return {x.untyped_storage().data_ptr()} if x.numel() else set()

    def tensors(module: nn.Module) -> dict[str, torch.Tensor]:
        return {name: x for name, x in frozen(module).items()
                if isinstance(x, torch.Tensor)}

    read: set[int] = set()

    class Watch(TorchFunctionMode):  # sees copies made of the original
        def __torch_function__(
                self, func: Any, types: Any, args: Any = (),
                kwargs: Any = None) -> Any:
            read.update(places(args), places(kwargs))
            return func(*args, **(kwargs or {}))

    twin = copied(model)
    if not all(p.is_leaf for p in twin.parameters()):
        raise Undecided("a copy of a scripted module is not trained")
    for ours, theirs in zip(
            twin.parameters(), model.parameters(), strict=True):
        ours.grad = copied(theirs.grad)
    with Watch():
        found = tensors(twin)
    before = {name: x.detach().clone() for name, x in found.items()}
    weights = [(p, p.detach().clone()) for p in twin.parameters()]
    if not any(x.numel() for x in before.values()):
        raise Undecided("nothing is frozen")
    if any(x.is_meta for x in before.values()):
        raise Undecided("data on meta holds no numbers")
    others = places([  # an index may be the original's
        x for x in (*model.parameters(), *model.buffers())
        if x.is_floating_point() or x.is_complex()])
    if others & read or places(found) & places(tensors(model)):
        raise Undecided("frozen reads another model than it is given")
    with (torch.random.fork_rng(range(torch.cuda.device_count())),
          asserts_undecided()):
        train(twin)
    after = tensors(twin)
    changed = [name for name, x in before.items()
               if name not in after or not alike(x, after[name])]
    if changed:
        raise AssertionError(
            f"training changes {', '.join(changed)}: running "
            "statistics of a norm in training mode, weight decay or "
            "momentum where the gradient is 0, or requires_grad left "
            "on")
    if all(alike(now, then) for now, then in weights):
        raise Undecided(
            "training changes no parameter that the model had before; "
            "does it train the model that it is given?")
# --8<-- [end:frozen_stays_frozen]
