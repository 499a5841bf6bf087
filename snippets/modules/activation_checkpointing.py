"""Recompute a block in the backward, with its gradients."""

from collections.abc import Callable

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint


# --8<-- [start:checkpointed]
class Checkpointed(nn.Module):
    """Run a block; keep its input only, and run it again in backward.

    Source: https://docs.pytorch.org/docs/stable/checkpoint.html
    """

    def __init__(self, block: nn.Module) -> None:
        """Take a block that maps one tensor to one tensor."""
        super().__init__()
        self.block = block

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return `block(x)`; in eval mode, without checkpointing."""
        if not self.training:
            plain: torch.Tensor = self.block(x)
            return plain
        out: torch.Tensor = checkpoint(
            self.block, x, use_reentrant=False)
        return out
# --8<-- [end:checkpointed]


# --8<-- [start:saved_bytes]
def saved_bytes(run: Callable[[], object]) -> int:
    """Count the bytes that `run` keeps for a backward pass.

    Parameters count too. A view counts as the whole memory behind
    it, and what shares memory counts once. `run` calls no backward;
    its tensors are dense and have numbers (no meta).

    Source: https://docs.pytorch.org/docs/stable/autograd.html#saved-tensors-hooks
    """
    kept: dict[int, int] = {}

    def pack(x: torch.Tensor) -> torch.Tensor:
        memory = x.untyped_storage()
        kept[memory.data_ptr()] = memory.nbytes()
        return x

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
        result = run()
    del result
    return sum(kept.values())
# --8<-- [end:saved_bytes]
