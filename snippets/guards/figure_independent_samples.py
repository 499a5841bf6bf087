"""The figure of independent samples: what one output reads."""

from collections.abc import Callable

import torch

from snippets.guards.wrong_independent_samples import (
    divide_by_batch_power,
)

INPUT = torch.tensor([4, 3, 1])
OTHER = torch.tensor([5, 3, 2])


def panels(sizes: torch.Tensor) -> list[dict[str, object]]:
    """Divide `sizes` (samples, features) by their power; the last
    number is the sample whose output is looked at."""
    samples, features, sample = sizes.tolist()
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(samples, features, generator=generator)

    def by_its_own_power(x: torch.Tensor) -> torch.Tensor:
        return x / x.square().mean(dim=1, keepdim=True)

    def reads(
        divide: Callable[[torch.Tensor], torch.Tensor],
    ) -> int:
        given = x.clone().requires_grad_()
        grad, = torch.autograd.grad(
            divide(given)[sample].sum(), given)
        return int(grad.any(dim=1).sum())

    own, batch = reads(by_its_own_power), reads(divide_by_batch_power)
    return [
        {
            "title": "mean(dim=1)",
            "reads": by_its_own_power,
            "input": x,
            "cell": [sample],
            "down": "sample",
            "says": f"the output of sample {sample} reads {own} sample",
        },
        {
            "title": "mean()",
            "reads": divide_by_batch_power,
            "input": x,
            "cell": [sample],
            "down": "sample",
            "says": f"it reads {batch} samples",
        },
    ]
