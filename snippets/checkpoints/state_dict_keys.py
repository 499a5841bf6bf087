"""State dicts of wrapped models."""

from collections import OrderedDict
from collections.abc import Iterable

import torch
from torch import nn


# --8<-- [start:unwrapped]
def unwrapped(model: nn.Module) -> nn.Module:
    """Return the model inside `DataParallel`, DDP and
    `torch.compile`.

    Wrappers may stand inside each other; those of a part of
    the model stay. The parameters are the same tensors; a
    model without a wrapper is returned as it is. A module that
    a model holds as `_orig_mod` counts as compiled, and is
    returned.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.parallel.DistributedDataParallel.html

    >>> list(unwrapped(nn.DataParallel(nn.Linear(2, 2))).state_dict())
    ['weight', 'bias']
    """
    parallel = nn.DataParallel, nn.parallel.DistributedDataParallel
    while True:
        name = "module" if isinstance(
            model, parallel) else "_orig_mod"
        inner = getattr(model, name, None)
        if not isinstance(inner, nn.Module):
            return model
        model = inner
# --8<-- [end:unwrapped]


# --8<-- [start:with_keys_of]
def with_keys_of(
    model: nn.Module, state: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Return `state` under the keys that `model` has.

    The names `module` and `_orig_mod` count for nothing on
    either side, wherever they stand in a key. A key that
    `model` does not have then stays as it is. The versions of
    the modules, which `state_dict` notes in `_metadata`, come
    along.

    Raises: ValueError where two keys differ by such a name
    only.

    Source: https://github.com/pytorch/pytorch/issues/101107

    >>> state = {"module.weight": torch.ones(2, 2)}
    >>> list(with_keys_of(nn.Linear(2, 2, bias=False), state))
    ['weight']
    """
    def bare(key: str) -> str:
        parts = key.split(".")
        return ".".join(p for p in parts
                        if p not in ("module", "_orig_mod"))

    wanted = {bare(key): key for key in model.state_dict()}
    if (len({bare(key) for key in state}) < len(state)
            or len(wanted) < len(model.state_dict())):
        raise ValueError(
            "two keys differ by a wrapper's name only")
    found = OrderedDict((wanted.get(bare(key), key), x)
                        for key, x in state.items())
    if hasattr(state, "_metadata"):
        notes = {
            bare(k): note
            for k, note in state._metadata.items()}
        paths = model.named_modules(remove_duplicate=False)
        vars(found)["_metadata"] = OrderedDict(
            (path, notes[bare(path)])
            for path, _ in paths if bare(path) in notes)
    return found
# --8<-- [end:with_keys_of]


# --8<-- [start:assert_keys_of]
def assert_keys_of(saved: Iterable[str],
                   fresh: nn.Module) -> None:
    """Fail where saved keys are not those of a newly built
    model.

    Raises: AssertionError that names a key of only one of the
    two.
    """
    odd = sorted(set(saved) ^ set(fresh.state_dict()))
    assert not odd, (
        f"the checkpoint and a new model differ in keys ({odd[0]}): "
        "save the state dict of the model inside its wrapper")
# --8<-- [end:assert_keys_of]
