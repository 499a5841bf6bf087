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
    """Check that `train` does not change what `frozen`
    returns.

    `train(model)` takes three steps or more, with an optimizer
    of its own. `frozen(model)` returns what must stay, by
    name: the state dict of a part, or rows of a weight. Both
    get copies of `model`.

    Raises:
        AssertionError: training changes a frozen tensor.
        Undecided: nothing is frozen or it is on meta, `frozen`
            reads `model` itself, or no parameter of before
            changes.
    """
    def alike(a: torch.Tensor, b: torch.Tensor) -> bool:
        a, b = a.to_dense(), b.to_dense()
        return a.shape == b.shape and bool(
            ((a == b) | (a.isnan() & b.isnan())).all())

    def places(x: Any) -> set[int]:
        if isinstance(x, (Mapping, list, tuple)):
            parts = x.values() if isinstance(x, Mapping) else x
            return set().union(*map(places, parts))
        reads = isinstance(x, torch.Tensor) and not x.is_meta and (
            x.numel() and x.layout == torch.strided)
        return {x.untyped_storage().data_ptr()
                } if reads else set()

    def tensors(module: nn.Module) -> dict[str, torch.Tensor]:
        with asserts_undecided():
            found = frozen(module)
        if isinstance(found, Mapping):
            return {name: x for name, x in found.items()
                    if isinstance(x, torch.Tensor) and not x.is_meta}
        raise Undecided("frozen gives no dict of tensors, but "
                        f"{type(found).__name__}")

    read: set[int] = set()

    # sees copies made of the original
    class Watch(TorchFunctionMode):

        def __torch_function__(
                self, func: Any, _: Any, args: Any = (),
                kwargs: Any = None) -> Any:
            read.update(places(args), places(kwargs))
            return func(*args, **(kwargs or {}))

    twin = copied(model)
    if not all(p.is_leaf for p in twin.parameters()):
        raise Undecided(
            "a copy of a scripted module is not trained")
    for p, q in zip(twin.parameters(), model.parameters(),
                    strict=True):
        p.grad = copied(q.grad)
    weights = [
        (p, p.detach().clone()) for p in twin.parameters()]
    with Watch():
        found = tensors(twin)
    before = {
        name: x.detach().clone() for name, x in found.items()}
    if not sum(map(torch.numel, before.values())):
        raise Undecided("nothing is frozen, or it is on meta")
    originals = places([  # but for an index
        x for x in (*model.parameters(), *model.buffers())
        if x.is_floating_point() or x.is_complex()])
    again = tensors(copied(model))
    if originals & read or places(found) & places(again):
        raise Undecided(
            "frozen reads another model than it is given")
    with (torch.random.fork_rng(range(
            torch.cuda.device_count())), asserts_undecided()):
        train(twin)
    after = tensors(twin)
    changed = [
        name for name, x in before.items()
        if name not in after or not alike(x, after[name])]
    if changed:
        raise AssertionError(
            f"training changes {', '.join(changed)}: running statistics"
            " of a norm in training mode, weight decay or momentum "
            "where the gradient is 0, or requires_grad left on")
    if all(alike(now, then) for now, then in weights):
        raise Undecided(
            "training changes no parameter that the model had before; "
            "does it train the model that it is given?")
# --8<-- [end:frozen_stays_frozen]
