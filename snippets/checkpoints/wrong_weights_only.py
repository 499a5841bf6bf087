"""A file that runs code, and a checkpoint that torch.load refuses."""

import argparse
from pathlib import Path
from typing import Any

import torch
from torch import nn


# --8<-- [start:save_with_arguments]
def save_with_arguments(
    path: Path, model: nn.Module, arguments: argparse.Namespace
) -> None:
    """Save weights beside an object of another class."""
    torch.save(
        {"model": model.state_dict(), "args": arguments}, path)
# --8<-- [end:save_with_arguments]


# --8<-- [start:code_in_a_file]
class CodeInAFile:
    """Call a function while the file that holds it is read."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Say how to build this object: by calling `print`."""
        return print, ("this line was run by the file",)
# --8<-- [end:code_in_a_file]
