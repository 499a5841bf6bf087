"""Recompute a block in the backward, with its gradients."""

import weakref
from collections.abc import Callable

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint


# --8<-- [start:checkpointed]
class Checkpointed(nn.Module):
    """Run a block; keep its input, and run it again in
    backward.

    Beside the input, the states of the random generators are
    kept.

    Source: https://docs.pytorch.org/docs/stable/checkpoint.html
    """

    def __init__(self, block: nn.Module) -> None:
        """Take a block that maps one tensor to one tensor."""
        super().__init__()
        self.block = block

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return `block(x)`; in eval mode, without
        checkpointing."""
        if not self.training:
            plain: torch.Tensor = self.block(x)
            return plain
        out: torch.Tensor = checkpoint(
            self.block, x, use_reentrant=False)
        return out
# --8<-- [end:checkpointed]


# --8<-- [start:saved_bytes]
def saved_bytes(run: Callable[[], object]) -> int:
    """Count the bytes of tensors kept for a backward of
    `run()`.

    Parameters count too. A view counts as the whole memory
    behind it, and what shares memory counts once. What belongs
    to a graph that `run` has dropped does not count. `run`
    calls no backward; its tensors are dense and have numbers
    (no meta).

    Source: https://docs.pytorch.org/docs/stable/autograd.html#saved-tensors-hooks
    """
    class Saved:  # lives as long as the graph that saves x
        def __init__(self, x: torch.Tensor) -> None:
            # with its graph, it would never end
            self.x = x.detach()
            alive.add(self)

    alive: weakref.WeakSet[Saved] = weakref.WeakSet()
    with torch.autograd.graph.saved_tensors_hooks(
            Saved, lambda saved: saved.x):
        result = run()
    memories = [saved.x.untyped_storage() for saved in alive]
    del result
    return sum({
        m.data_ptr(): m.nbytes() for m in memories}.values())
# --8<-- [end:saved_bytes]
