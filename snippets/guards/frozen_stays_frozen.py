"""A guard for frozen parts: training leaves them as they are."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from snippets.guards.judge import Undecided, copied


# --8<-- [start:frozen_stays_frozen]
def frozen_stays_frozen(
        train: Callable[[Any], object], model: nn.Module, *,
        frozen: Callable[[Any], Mapping[str, torch.Tensor]]) -> None:
    """Check that `train` does not change what `frozen` returns.

    `train` trains the model that it is given, for three steps or more,
    with an optimizer of its own. `frozen` returns what must stay, by
    name: the state dict of a part, or rows of a weight. A copy of
    `model` is trained.

    Raises:
        AssertionError: training changes a frozen tensor.
        Undecided: nothing is frozen, `frozen` reads another model than
            it is given, or training changes no parameter.
    """
    def alike(a: torch.Tensor, b: torch.Tensor) -> bool:
        if a.shape != b.shape:
            return False
        return bool(((a == b) | (a.isnan() & b.isnan())).all())

    twin = copied(model)
    others = {x.untyped_storage().data_ptr() for x in (
        *model.parameters(), *model.buffers()) if x.numel()}
    before = {name: x.detach().clone()
              for name, x in frozen(twin).items()}
    weights = [(p, p.detach().clone()) for p in twin.parameters()]
    if not any(x.numel() for x in before.values()):
        raise Undecided("nothing is frozen")
    if others & {x.untyped_storage().data_ptr()
                 for x in frozen(twin).values()}:
        raise Undecided("frozen reads another model than it is given")
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        train(twin)
    after = frozen(twin)
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
