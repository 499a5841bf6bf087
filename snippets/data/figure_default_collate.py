"""The figure of default_collate: lists of numbers turn inside out."""

import torch
from torch.utils.data import default_collate

INPUT = torch.arange(1, 7).view(2, 3)


def panels(samples: torch.Tensor) -> list[dict[str, object]]:
    """Collate two `samples` of three numbers, as tensors and lists."""
    sample = torch.arange(2)[:, None].expand(2, 3)

    def of_tensors(x: torch.Tensor) -> torch.Tensor:
        batch: torch.Tensor = default_collate(list(x))
        return batch

    def of_lists(x: torch.Tensor) -> torch.Tensor:
        return torch.stack(default_collate(x.tolist()))

    def row(x: torch.Tensor) -> str:
        return " ".join(map(str, x[0].tolist()))

    return [
        {
            "title": "tensors: one tensor, a row a sample",
            "grid": of_tensors(samples),
            "colour": of_tensors(sample),
            "says": f"begins with the sample {row(of_tensors(samples))}",
        },
        {
            "title": "lists: three tensors, a row each",
            "grid": of_lists(samples),
            "colour": of_lists(sample),
            "says": f"begins with {row(of_lists(samples))}",
        },
    ]
