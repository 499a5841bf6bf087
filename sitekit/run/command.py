"""What the commands over the guide's files have in common: arguments, and errors in one line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ..read.guide import Guide
from ..read.place import GuideError
from .runs import here


def command(main: Callable[[Guide, argparse.Namespace], int], says: str | None,
            *flags: tuple[str, str]) -> None:
    """Run `main` with the guide around the working directory; exit with its status.

    What is wrong with the guide or the arguments is said in one line.
    """
    parser = argparse.ArgumentParser(description=(says or "").partition("\n")[0])
    parser.add_argument("--device", default="cpu", help="cpu (the default) or cuda")
    for flag, meaning in flags:
        parser.add_argument(flag, action="store_true", help=meaning)
    parser.add_argument("files", nargs="*", type=Path, help="pages or snippets (default: all)")
    arguments = parser.parse_args()
    try:
        here(arguments.device)
        sys.exit(main(Guide.here(), arguments))
    except (GuideError, ValueError) as error:
        sys.exit(str(error))


def chosen(guide: Guide, files: Sequence[Path], otherwise: Sequence[str]) -> list[str]:
    """The files that were named, as paths below the root. GuideError for one that is not there."""
    found = [guide.path_of(file) for file in files]
    for path in found:
        if not guide.exists(path):
            raise GuideError(f"{path}: there is no such file")
    return found or list(otherwise)
