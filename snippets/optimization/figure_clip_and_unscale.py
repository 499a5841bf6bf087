"""The figure of clipping under a scale: the size of a step."""

import torch
from torch import nn

INPUT = torch.tensor(65536.0)
OTHER = torch.tensor(1024.0)


def panels(scale: torch.Tensor) -> list[dict[str, object]]:
    """Clip gradients to norm 1, before and after `scale` is out."""

    def step(norm: torch.Tensor, early: bool) -> float:
        w = nn.Parameter(torch.zeros(1))
        w.grad = (norm * scale).reshape(1)
        if not early:
            w.grad /= scale
        nn.utils.clip_grad_norm_([w], max_norm=1.0)
        if early:
            w.grad /= scale
        return w.grad.item()

    norms = torch.logspace(-7, 3, 101)
    right = torch.tensor([step(norm, False) for norm in norms])
    wrong = torch.tensor([step(norm, True) for norm in norms])
    five = torch.tensor(5.0)
    return [
        {
            "title": "SGD, rate 1, clipped to norm 1",
            "curves": {"unscale, then clip": right,
                       "clip, then unscale": wrong},
            "x": norms,
            "log": "xy",
            "across": "norm of the true gradient",
            "down": "size of the step",
            "says": [
                f"for a norm of {five:g} the step is "
                f"{step(five, False):g}",
                f"it is {step(five, True):.1e}",
                f"from 1/{scale:g} on",
            ],
        },
    ]
