"""The figure of init: how much samples differ, layer by layer."""

import torch
from torch import nn

from snippets.modules.linear_init import init_for_relu

INPUT = torch.tensor(12)


def panels(depth: torch.Tensor) -> list[dict[str, object]]:
    """Pass 256 samples through `depth` layers with ReLU."""
    torch.manual_seed(0)
    x = torch.randn(256, 256)
    layers = [nn.Sequential(nn.Linear(256, 256), nn.ReLU())
              for _ in range(int(depth))]

    @torch.no_grad()
    def differences() -> torch.Tensor:
        out, found = x, []
        for layer in [nn.Identity(), *layers]:
            out = layer(out)
            apart = out - out.mean(0)
            found.append(apart.square().mean().sqrt())
        return torch.stack(found)

    default = differences()
    for layer in layers:
        layer.apply(init_for_relu)
    kept = differences()
    return [
        {
            "title": "difference between samples",
            "curves": {"default": default, "init_for_relu": kept},
            "log": "y",
            "across": "layers",
            "down": "root mean square",
            "says": [
                f"after {depth} layers it is {default[-1]:.0e}",
                f"init_for_relu keeps it at {kept[-1]:.1f}",
            ],
        },
    ]
