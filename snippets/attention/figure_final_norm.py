"""The figure of the last norm: the size of the sum by depth."""

import torch
from torch import nn

INPUT = torch.tensor(24)


def panels(depth: torch.Tensor) -> list[dict[str, object]]:
    """Draw the standard deviation behind each of `depth` layers."""
    def block(norm_first: bool) -> nn.TransformerEncoderLayer:
        return nn.TransformerEncoderLayer(
            32, 4, 64, 0.0, batch_first=True, norm_first=norm_first)

    n = int(depth)
    stacks = {}
    with torch.random.fork_rng(devices=[]):
        for name, norm_first, copies in (
                ("pre-norm, copies", True, n),
                ("pre-norm, own weights", True, 1),
                ("post-norm, copies", False, n)):
            torch.manual_seed(0)
            stacks[name] = [layer for _ in range(n // copies)
                            for layer in [block(norm_first)] * copies]
    x = torch.randn(
        4, 10, 32, generator=torch.Generator().manual_seed(0))
    curves = {}
    for name, stack in stacks.items():
        y, sizes = x, [x.std()]
        with torch.no_grad():
            for layer in stack:
                y = layer(y)
                sizes.append(y.std())
        curves[name] = torch.stack(sizes)
    last = [f"{sizes[-1]:.1f}" for sizes in curves.values()]
    return [{
        "curves": curves,
        "across": "layers",
        "down": "standard deviation",
        "says": [f"grow to {last[0]} in {depth} layers",
                 f"grow to {last[1]}", f"stays at {last[2]}"],
    }]
