"""The figure of the two modes: what one output is computed from."""

import torch
from torch import nn

INPUT = torch.tensor([4, 3])


def panels(sizes: torch.Tensor) -> list[dict[str, object]]:
    """Show what an output reads, of `sizes` = samples, channels."""
    torch.manual_seed(0)
    x = torch.randn(*sizes.tolist(), dtype=torch.float64)
    found: list[dict[str, object]] = []
    for training in (True, False):
        norm = nn.BatchNorm1d(x.shape[1]).double().train(training)
        given = x.clone().requires_grad_()
        norm(given)[1, 1].backward()
        assert given.grad is not None
        read = int((given.grad != 0).sum())
        found.append({
            "title": "train()" if training else "eval()",
            "reads": norm,
            "input": x,
            "cell": [1, 1],
            "across": "channel",
            "down": "sample",
            "says": f"it reads {read}",
        })
    return found
