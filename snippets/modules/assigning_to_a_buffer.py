"""What a name of a module is, and a checked write to a buffer."""

import torch
from torch import nn


# --8<-- [start:registered_as]
def registered_as(module: nn.Module, name: str) -> str:
    """Tell what the attribute `name` of `module` is to the
    module.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html

    >>> registered_as(nn.BatchNorm1d(2), "running_mean")
    'buffer'
    >>> registered_as(nn.BatchNorm1d(2), "eps")
    'plain attribute'
    """
    if name in dict(module.named_parameters(
            recurse=False, remove_duplicate=False)):
        return "parameter"
    if name in dict(module.named_buffers(
            recurse=False, remove_duplicate=False)):
        saved = name in module.state_dict()
        return "buffer" if saved else "unsaved buffer"
    if name in dict(
            module.named_modules(remove_duplicate=False)):
        return "module"
    here = getattr(module, name, None) is not None
    return "plain attribute" if here else "nothing"
# --8<-- [end:registered_as]


# --8<-- [start:write_buffer]
def write_buffer(
    module: nn.Module, name: str, value: torch.Tensor,
) -> None:
    """Copy `value`, of any device, into the buffer `name`.

    A dotted name reaches into submodules.

    Raises:
        AttributeError: `name` is not a buffer.
        ValueError: the shapes or the dtypes differ, the buffer
            is None, or one of the two is on meta and has no
            memory.
        RuntimeError: torch cannot copy. For example, the
            buffer is expanded, lazy, a leaf that requires a
            gradient, or was made under inference_mode, or one
            of the two alone is sparse.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.get_buffer

    >>> norm = nn.BatchNorm1d(2)
    >>> write_buffer(norm, "running_mean", torch.ones(2))
    >>> norm.running_mean
    tensor([1., 1.])
    """
    buffer: torch.Tensor | None = module.get_buffer(name)
    if buffer is None or buffer.is_meta or value.is_meta:
        raise ValueError(
            f"{name} is None or on meta, or the value is")
    old, new = ((tuple(t.shape), t.dtype)
                for t in (buffer, value))
    if old != new:
        raise ValueError(
            f"{name} is {old}, the value is {new}")
    buffer.copy_(value.detach())
# --8<-- [end:write_buffer]
