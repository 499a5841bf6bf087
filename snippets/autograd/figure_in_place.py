"""The figure of in-place writes: what each operation has saved."""

from collections.abc import Callable

import torch

from snippets.autograd.in_place import saved_by

INPUT = torch.arange(8)
OTHER = torch.arange(5)
FUNCTIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "exp": torch.exp,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "square": torch.square,
    "sin": torch.sin,
    "log": torch.log,
    "x * 2": lambda x: x * 2,
    "sum": torch.sum,
}


def panels(which: torch.Tensor) -> list[dict[str, object]]:
    """Show what the functions with the numbers `which` save."""
    names = [list(FUNCTIONS)[number] for number in which.tolist()]
    saved = [saved_by(FUNCTIONS[name], torch.ones(2))
             for name in names]
    table = torch.tensor([
        ["input" in each, "output" in each] for each in saved])
    inputs, outputs = table.sum(0).tolist()
    free = (~table.any(1)).sum()
    return [{
        "title": "saved for backward",
        "mask": table,
        "across": ["x", "f(x)"],
        "down": names,
        "names": {"kept": "saved", "hidden": "you may write to it"},
        "says": f"Of {len(names)} operations, {outputs} save their "
        f"output, {inputs} their input and {free} neither",
    }]
