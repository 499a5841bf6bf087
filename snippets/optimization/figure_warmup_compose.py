"""The figure of warm-up and cosine: one after the other, or at once."""

import torch
from torch.optim import lr_scheduler

INPUT = torch.tensor([3, 5])


def panels(length: torch.Tensor) -> list[dict[str, object]]:
    """Draw the rates of `length` = steps of warm-up, of cosine."""
    first, second = length.tolist()

    def rates(in_turn: bool) -> torch.Tensor:
        weight = torch.nn.Parameter(torch.ones(1))
        optimizer = torch.optim.SGD([weight], lr=1.0)
        both: list[lr_scheduler.LRScheduler] = [
            lr_scheduler.LinearLR(
                optimizer, start_factor=0.1, total_iters=first),
            lr_scheduler.CosineAnnealingLR(optimizer, second)]
        scheduler = (
            lr_scheduler.SequentialLR(optimizer, both, [first])
            if in_turn else lr_scheduler.ChainedScheduler(both))
        used = []
        for _ in range(first + second + 1):
            used.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        return torch.tensor(used)

    right, wrong = rates(True), rates(False)
    peak = wrong[:second].max()
    return [
        {
            "title": "the same two schedules",
            "curves": {"SequentialLR": right,
                       "ChainedScheduler": wrong},
            "across": "step",
            "down": "learning rate",
            "says": [
                f"SequentialLR climbs to {right.max():g}",
                f"step {right.argmax()}",
                f"ChainedScheduler turns at {peak:.2f}",
                f"is at {wrong.min():g} in step {wrong.argmin()}",
            ],
        },
    ]
