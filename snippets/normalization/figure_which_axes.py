"""The figure of norms: which numbers one output is computed from."""

import torch
from torch import nn

from snippets.normalization.which_axes import ChannelLayerNorm

INPUT = torch.tensor([2, 4, 2, 2])
OTHER = torch.tensor([2, 4, 3, 2])


def panels(sizes: torch.Tensor) -> list[dict[str, object]]:
    """Show the cells that an output reads, of images of `sizes`."""
    torch.manual_seed(0)
    images = torch.randn(*sizes.tolist(), dtype=torch.float64)
    channels, width = images.shape[1], images.shape[3]
    cell = [0, 1, 1, 0]
    norms: dict[str, nn.Module] = {
        "BatchNorm2d": nn.BatchNorm2d(channels),
        "GroupNorm(2, C)": nn.GroupNorm(2, channels),
        "ChannelLayerNorm(C)": ChannelLayerNorm(channels),
        "LayerNorm(W)": nn.LayerNorm(width),
    }
    found: list[dict[str, object]] = []
    for name, norm in norms.items():
        x = images.clone().requires_grad_()
        norm.double()(x)[tuple(cell)].backward()
        assert x.grad is not None
        read = int((x.grad != 0).sum())
        found.append({
            "title": name,
            "reads": norm,
            "input": images,
            "cell": cell,
            "across": "channel",
            "down": "sample",
            "says": f"{read} in {name.partition('(')[0]}",
        })
    return found
