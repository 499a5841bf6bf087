"""Activation checkpointing that changes buffers once."""

from contextlib import nullcontext
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint


# --8<-- [start:checkpoint_once]
def checkpoint_once(block: nn.Module, *args: Any) -> Any:
    """Return block(*args), checkpointed; its buffers change
    once.

    The second run of `block` starts from the buffers that the
    first run found. After it, the buffers are as before the
    second run. Each buffer is copied twice.

    Raises: TypeError if `block` is no module; in the backward,
        RuntimeError if `block` makes or reshapes buffers.
    Source: https://github.com/gpleiss/efficient_densenet_pytorch/issues/73
    """
    if not isinstance(block, nn.Module):
        raise TypeError(
            "block must be a module, with its buffers")
    start = [buffer.clone() for buffer in block.buffers()]

    class SecondRun:
        def __enter__(self) -> None:
            self.now = [
                buffer.clone() for buffer in block.buffers()]
            self.write(start)

        def __exit__(self, *error: object) -> None:
            self.write(self.now)

        def write(self, values: list[torch.Tensor]) -> None:
            buffers = list(block.buffers())
            if ([x.shape for x in buffers]
                    != [x.shape for x in values]):
                raise RuntimeError(
                    "block makes or reshapes buffers")
            with torch.no_grad():
                for buffer, value in zip(buffers, values,
                                         strict=True):
                    buffer.copy_(value)

    return checkpoint(
        block, *args, use_reentrant=False,
        context_fn=lambda: (nullcontext(), SecondRun()))
# --8<-- [end:checkpoint_once]
