"""The figure of a cast parameter: where the gradient arrives."""

import torch
from torch import nn

INPUT = torch.tensor([1.0, 2.0])


def panels(values: torch.Tensor) -> list[dict[str, object]]:
    """Cast a parameter of `values`, and make one of cast values."""
    parameter = nn.Parameter(values.clone())
    cast = parameter.double()
    late = cast.square().sum()
    right = nn.Parameter(values.double())
    early = right.square().sum()
    return [
        {
            "title": "nn.Parameter(x).double()",
            "tree": late,
            "names": {"parameter": parameter, "self.weight": cast},
            "says": "the gradient of the parameter begins with "
            f"{2 * values[0]:g}",
        },
        {
            "title": "nn.Parameter(x.double())",
            "tree": early,
            "names": {"self.weight": right},
        },
    ]
