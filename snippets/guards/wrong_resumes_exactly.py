"""Checkpoints that leave out a part of what training needs."""

from pathlib import Path
from typing import Any

import torch


# --8<-- [start:save_without_schedule]
def save_without_schedule(
        state: dict[str, Any], path: Path) -> None:
    """Save all that has weights, and no schedule."""
    parts = ("model", "optimizer", "average")
    saved = {part: state[part].state_dict() for part in parts}
    torch.save({**saved, "step": state["step"]}, path)
# --8<-- [end:save_without_schedule]


# --8<-- [start:load_average_into_model]
def load_average_into_model(
        state: dict[str, Any], path: Path) -> None:
    """Load the averaged weights into the model, and average
    anew."""
    saved = torch.load(path)
    state["model"].load_state_dict({
        name.removeprefix("module."): x
        for name, x in saved["average"].items()
        if "." in name})
    for part in ("optimizer", "schedule"):
        state[part].load_state_dict(saved[part])
    state["step"] = saved["step"]
# --8<-- [end:load_average_into_model]


# --8<-- [start:train_from_the_first_batch]
def train_from_the_first_batch(
        state: dict[str, Any], steps: int) -> None:
    """Take `steps` steps, each time from the first batch
    on."""
    for x in state["batches"][:steps]:
        state["optimizer"].zero_grad()
        state["model"](x).square().mean().backward()
        state["optimizer"].step()
        state["schedule"].step()
        state["average"].update_parameters(state["model"])
# --8<-- [end:train_from_the_first_batch]
