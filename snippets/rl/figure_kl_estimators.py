"""The figure of KL estimates: each as a function of the log ratio."""

import torch

INPUT = torch.tensor(2.0)


def panels(reach: torch.Tensor) -> list[dict[str, object]]:
    """Draw the three estimates for r from minus `reach` to `reach`."""
    r = torch.linspace(-1, 1, 81) * reach
    curves = {
        "k1": r,
        "k2": r.square() / 2,
        "k3": (-r).exp() - 1 + r,
    }
    ends = [f"{name} is {y[0]:.1f}" for name, y in curves.items()]
    return [{
        "title": "the estimate of one sample",
        "curves": curves,
        "x": r,
        "across": "r = log p - log q",
        "says": [f"at r = {r[0]:g}", *ends],
    }]
