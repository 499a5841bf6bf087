"""Running steps in this process, one after another, with what each printed."""

from __future__ import annotations

import contextlib
import io
import os
import runpy
import sys
import traceback
import warnings
from pathlib import Path

from ..read.session import TRACEBACK
from .compare import Outcome, tidy
from .task import Task


def namespace_of(root: Path, path: str, device: str) -> dict:
    """What the first step of a file finds: for docstrings the names of their file."""
    found: dict = {}
    if path.endswith(".py"):
        found.update((name, value) for name, value in runpy.run_path(str(root / path)).items()
                     if not name.startswith("__"))
    return found | {"__name__": "__main__", "__device__": device}


def perform(task: Task, namespace: dict, root: Path) -> Outcome:
    """What a reader sees at the prompt, warnings in place, and any traceback."""
    seen, trace, raised, fault = io.StringIO(), "", None, ""

    def show(message, category, *_, **__):
        seen.write(f"{category.__name__}: {message}\n")

    origin = task.snippet or task.at
    source = "\n" * (origin.line - 1) + task.step.source
    mode = "single" if task.step.prompt else "exec"
    file = os.path.join(root, origin.path)
    with (contextlib.redirect_stdout(seen), contextlib.redirect_stderr(seen),
          warnings.catch_warnings()):
        warnings.simplefilter("always")
        warnings.showwarning = show
        try:
            exec(task.step.imports, namespace)
            exec(compile(source, file, mode, dont_inherit=True), namespace)
        except BaseException as error:
            trace, raised = traceback.format_exc(), _raised_at(file)
            seen.write(TRACEBACK + "".join(traceback.format_exception_only(error)))
            if not isinstance(error, Exception):
                fault = f"{type(error).__name__} ends the session"
    return Outcome(tidy(seen.getvalue(), namespace["__device__"]), trace, raised, fault)


def _raised_at(file: str) -> tuple[int, int] | None:
    """The line and the column of the outermost code of a file that the current error passed."""
    tb = sys.exc_info()[2]
    while tb is not None and tb.tb_frame.f_code.co_filename != file:
        tb = tb.tb_next
    if tb is None:
        return None
    lines, _, columns, _ = list(tb.tb_frame.f_code.co_positions())[tb.tb_lasti // 2]
    return (lines or tb.tb_lineno, columns or 0)
