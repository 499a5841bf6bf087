"""Loading a part of a model and naming the rest."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from snippets.guards.judge import Undecided


# --8<-- [start:load_except]
def load_except(
    model: nn.Module,
    state: dict[str, torch.Tensor],
    missing: tuple[str, ...] = (),
    unexpected: tuple[str, ...] = (),
) -> None:
    """Load `state`; of two lists only, keys may stand on one
    side.

    `missing` and `unexpected` hold the beginnings of such
    keys: those that `model` has and `state` lacks, and the
    other way round. The `num_batches_tracked` that torch does
    not ask of an old file, or of a plain dict, is not asked
    here. Keys that a module renames while it loads, as
    `parametrizations.weight_norm` does, are refused.

    Raises:
        ValueError: another key stands on one side only;
            nothing is loaded then.
        RuntimeError: a size differs, or a tensor of `model` is
            on meta, where loading would change nothing.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.load_state_dict

    >>> layer = nn.Linear(2, 1)
    >>> load_except(layer, {"weight": torch.ones(1, 2)}, ("bias",))
    >>> layer.weight.detach()
    tensor([[1., 1.]])
    """
    own = model.state_dict()
    notes = getattr(state, "_metadata", {})
    norm = nn.modules.batchnorm._NormBase
    norms = [
        path for path, m in model.named_modules(remove_duplicate=False)
        if isinstance(m, norm)
        and (notes.get(path, {}).get("version") or 1) < 2]
    free = {
        f"{path}.num_batches_tracked".strip(".")
        for path in norms}
    lacks = [
        k for k in own if k not in state and k not in free]
    extra = [k for k in state if k not in own]
    odd = [k for k in lacks if not k.startswith(missing)]
    odd += [k for k in extra if not k.startswith(unexpected)]
    if odd:
        raise ValueError(
            f"keys of one side only: {', '.join(odd)}")
    if any(getattr(x, "is_meta", False) for x in own.values()):
        raise RuntimeError(
            "the model is on meta: call to_empty first")
    model.load_state_dict(state, strict=False)
# --8<-- [end:load_except]


# --8<-- [start:assert_loads]
def assert_loads(
    model: nn.Module,
    load: Callable[[], object],
    new: tuple[str, ...] = (),
) -> None:
    """Fail where `load` leaves numbers of `model` as they
    were.

    Writes nan to the floating and complex parameters and saved
    buffers, then calls `load`. Where nan is left, also after
    an error, the old numbers come back if the shape is the old
    one. `new` holds the beginnings of keys that are not to be
    loaded. Integers and booleans are not looked at, and
    neither are expanded or sparse tensors; nan that `load`
    itself writes counts as not loaded. What `load` reads must
    not share the memory of `model`, as its own state dict
    does.

    Raises:
        AssertionError: some are left; names their keys.
        Undecided: `model` has no such number that is to be
            loaded, or a lazy layer, which has no numbers
            before its first call.
        RuntimeError: a tensor is on meta before or after
        `load`. Other errors: `load` raises them.
    """
    def numbers() -> dict[str, torch.Tensor]:
        return {
            k: x for k, x in model.state_dict().items()
            if isinstance(x, torch.Tensor)
            and (x.is_floating_point() or x.is_complex())
            and x.layout == torch.strided and all(x.stride())}

    if any(map(is_lazy, model.state_dict().values())):
        raise Undecided(
            "a lazy layer has no numbers yet: call it once")
    before = {key: x.clone() for key, x in numbers().items()}
    if any(x.is_meta for x in before.values()):
        raise RuntimeError("a tensor of the model is on meta")
    if not any(x.numel() and not key.startswith(new)
               for key, x in before.items()):
        raise Undecided(
            "the model has no number that is to be loaded")
    for x in numbers().values():
        x.fill_(torch.nan)
    try:
        load()
    finally:
        after = numbers()
        left = [k for k, x in after.items() if x.isnan().any()]
        for key in left:
            x, old = after[key], before.get(key)
            if old is not None and old.shape == x.shape:
                x.copy_(torch.where(x.isnan(), old.to(x), x))
    left = [key for key in left if not key.startswith(new)]
    assert not left, f"not loaded: {', '.join(left)}"
# --8<-- [end:assert_loads]
