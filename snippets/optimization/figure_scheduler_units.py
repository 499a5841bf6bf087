"""The figure of scheduler units: a cosine stepped per batch."""

import torch
from torch.optim import lr_scheduler

INPUT = torch.tensor([4, 5])


def rates(T_max: int, steps: int) -> torch.Tensor:
    """The rate of each step, if the scheduler follows each."""
    weight = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    cosine = lr_scheduler.CosineAnnealingLR(optimizer, T_max)
    used = []
    for _ in range(steps):
        used += cosine.get_last_lr()
        optimizer.step()
        cosine.step()
    return torch.tensor(used)


def panels(length: torch.Tensor) -> list[dict[str, object]]:
    """Draw the rates of a run, `length` = epochs, batches."""
    epochs, batches = length.tolist()
    steps = epochs * batches
    right, wrong = rates(steps, steps), rates(epochs, steps)
    back = [step for step in range(1, steps)
            if wrong[step] > 0.999]
    return [
        {
            "title": "called after each batch",
            "curves": {
                f"T_max={steps}": right,
                f"T_max={epochs}": wrong,
            },
            "across": "step",
            "down": "learning rate",
            "says": [
                f"with T_max={steps} the rate falls once",
                f"With T_max={epochs} it is back at "
                f"{wrong[back[0]]:g} in the steps "
                + " and ".join(map(str, back)),
            ],
        },
    ]
