"""Checkpoints that load without running code from the file."""

import io
import pickle
from pathlib import Path
from typing import Any

import torch
from torch import nn


# --8<-- [start:save_checkpoint]
def save_checkpoint(
    path: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    **numbers: float,
) -> None:
    """Save two state dicts, and numbers as Python's int or
    float.

    A number may be one of NumPy, or a tensor of one element.

    `torch.load(path)` gives a dict with the keys `model`,
    `optimizer` and the names of the numbers. It refuses an int
    of 256 bytes, and state dicts that hold what it refuses, as
    a NumPy number that is the `lr` of the optimizer: see
    `assert_weights_only`.

    Raises:
        TypeError: a number is complex.
        RuntimeError: a number is on meta.

    Source: https://docs.pytorch.org/docs/stable/notes/serialization.html
    """
    def plain(number: Any) -> int | float:
        item = getattr(number, "item", lambda: number)()
        return item if type(item) is int else float(item)

    checkpoint = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        **{name: plain(number) for name, number in numbers.items()},
    }
    torch.save(checkpoint, path)
# --8<-- [end:save_checkpoint]


# --8<-- [start:assert_weights_only]
def assert_weights_only(checkpoint: Any) -> None:
    """Fail where `torch.load` will refuse what is about to be
    saved.

    Save it with the default `pickle_protocol`, as this check
    does. Classes that this process allows by name count as
    refused, since the process that loads may not allow them.
    Imports allow some too: that of `torch.distributed.tensor`
    those of distributed tensors.

    Raises: AssertionError that names the classes that are
        refused, or the operand that is, as that of an int of
        300 bytes. What cannot be saved at all raises as in
        `torch.save`.

    >>> assert_weights_only({"weight": torch.ones(2), "step": 3})
    """
    file = io.BytesIO()
    torch.save(checkpoint, file)
    file.seek(0)
    allowed = torch.serialization.get_safe_globals()
    torch.serialization.clear_safe_globals()
    try:
        refused = (torch.serialization
                   .get_unsafe_globals_in_checkpoint(file))
    except pickle.UnpicklingError as error:
        raise AssertionError(
            f"torch.load refuses: {error}") from None
    finally:
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(allowed)
    assert not refused, (
        f"torch.load refuses {', '.join(sorted(refused))}")
# --8<-- [end:assert_weights_only]
