"""The figure of a batch's Jacobian: the blocks that are not 0."""

import torch
from torch.func import jacrev, vmap

INPUT = torch.tensor([4, 2])
OTHER = torch.tensor([3, 3])


def panels(sizes: torch.Tensor) -> list[dict[str, object]]:
    """Differentiate a layer; `sizes` counts samples and features."""
    samples, features = sizes.tolist()
    weight = torch.arange(1.0, features**2 + 1).view(features, -1)

    def layer(x: torch.Tensor) -> torch.Tensor:
        return x @ weight

    x = torch.ones(samples, features)
    whole = jacrev(layer)(x)
    each = vmap(jacrev(layer))(x)
    table = whole.reshape(samples * features, -1)
    names = {"kept": "nonzero", "hidden": "0"}
    return [
        {
            "title": "jacrev(f)(x)",
            "mask": table != 0,
            "names": names,
            "across": "inputs of all samples",
            "down": "outputs of all samples",
            "says": f"{(table != 0).sum()} of {table.numel()} are nonzero",
        },
        {
            "title": "vmap(jacrev(f))(x)",
            "mask": each.reshape(samples * features, features) != 0,
            "names": names,
            "across": "inputs",
            "down": "outputs of all samples",
            "says": f"stores {each.numel()}",
        },
    ]
