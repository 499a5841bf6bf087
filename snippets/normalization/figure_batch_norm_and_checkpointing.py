"""The figure of checkpointing: the running mean with two updates."""

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

INPUT = torch.tensor([[6.0], [10.0]])


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Take steps with batches of `x` and of -x in turn."""

    def path(checkpointed: bool) -> torch.Tensor:
        norm, values = nn.BatchNorm1d(1), [0.0]
        for step in range(20):
            batch = (x if step < 10 else -x).requires_grad_()
            y = (checkpoint(norm, batch, use_reentrant=False)
                 if checkpointed else norm(batch))
            y.sum().backward()
            assert norm.running_mean is not None
            values.append(norm.running_mean.item())
        return torch.tensor(values)

    plain, twice = path(False), path(True)
    mean = x.detach().mean()
    return [
        {
            "title": f"mean of the batches: {mean:g}, then {-mean:g}",
            "curves": {"plain": plain, "checkpoint": twice},
            "across": "step",
            "down": "running mean",
            "says": (
                f"at {plain[10]:.1f} without checkpoint and at "
                f"{twice[10]:.1f} with it"),
        },
    ]
