"""What a step printed beside what its page shows: equal, or a problem.

The comparison is exact. What it overlooks is told to the reader on
docs/how-examples-run.md, and nothing else is overlooked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..read.session import TRACEBACK, without_trailing_spaces
from .task import Task


@dataclass(frozen=True)
class Outcome:
    """What a step printed, without what depends on the machine; a fault that is no output."""

    got: str
    trace: str = ""
    raised: tuple[int, int] | None = None  # line and column of the step's own code that raised
    fault: str = ""  # the process ended, the page leaves torch changed

    @property
    def error(self) -> str:
        """The type of the error that the step ended in."""
        return error_of(self.got)


def error_of(output: str) -> str:
    """The type of the error in an output that ends in a traceback."""
    found = re.search(rf"^{re.escape(TRACEBACK)}(?:.*\n)*?([\w.]+)(?::|$)", output, re.MULTILINE)
    return found[1].rpartition(".")[2] if found else ""


def problem(task: Task, outcome: Outcome) -> str:
    """What is wrong, and where; empty where the outputs are the same."""
    if outcome.fault:
        return f"{task.where}\n{task.step.source}{outcome.fault}\n{outcome.trace}"
    want = task.step.expected
    if outcome.got == want:
        return ""
    return (f"{task.where}\n{task.step.source}"
            f"Expected:\n{want or '(nothing)'}\n"
            f"Got:\n{outcome.got or '(nothing)'}\n{outcome.trace}")


# What some versions of Python say of themselves, or add to a message, whatever torch does.
PYTHON = re.compile(r"""^DeprecationWarning:\ This\ process\ .*multi-threaded.*fork\(\).*\n
    | ^RuntimeWarning:\ Guards\ may\ run\ slower\ on\ Python.*\n
    | \.\ Did\ you\ mean:?\ '\w+'\?$
    | (?<=recursion\ depth\ exceeded)\ while\ calling\ a\ Python\ object$
    """, re.MULTILINE | re.VERBOSE)


def tidy(got: str, device: str) -> str:
    """The real output without what depends on the machine and not on the code."""
    if device != "cpu":
        got = re.sub(rf", device='{device}(:0)?'", "", got)
    got = re.sub(r" \(Triggered internally at [^)]*\)", "", got)
    got = re.sub(r"^[VIWEC]\d{4} \d\d:\d\d:\d\d\.\d+ .*\n", "", got, flags=re.MULTILINE)
    got = PYTHON.sub("", got).replace("Can't get local object", "Can't pickle local object")
    return without_trailing_spaces(got.expandtabs(4))  # as Markdown does in the page
