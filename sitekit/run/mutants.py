"""`make mutants`: make each expected output wrong by one step; the comparison must notice each.

A file runs once, unchanged, and must pass. Then its text is read again for each
mutant, and the mutated line has to differ from what was printed: a mutant that
breaks anything else of the page does not count as killed.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Iterator

from ..read.guide import Guide
from ..read.place import GuideError
from .command import chosen, command
from .compare import problem
from .runs import Run, Runs, here
from .task import Task, tasks

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d*)?(?:e[+-]?\d+)?")
_WORD = re.compile(r"(?<![\w.])[A-Za-z]{4,}(?![\w(.=])")
_OPPOSITE = {"True": "False", "False": "True", "nan": "0.", "inf": "0.", "None": "0"}


def mutations(line: str) -> Iterator[str]:
    """Each way to make a line of output wrong by the smallest step."""
    for found in _NUMBER.finditer(line):
        number = found[0]
        digit = re.search(r"\d(?=\D*$)" if "e" not in number else r"\d", number)
        other = str((int(digit[0]) + 1) % 10)
        stepped = number[:digit.start()] + other + number[digit.end():]
        opposite = number[1:] if number.startswith("-") else "-" + number
        for new in (stepped, opposite):
            yield line[:found.start()] + new + line[found.end():]
    for word, other in _OPPOSITE.items():
        for found in re.finditer(rf"\b{word}\b", line):
            yield line[:found.start()] + other + line[found.end():]
    for found in _WORD.finditer(line):
        if found[0] not in _OPPOSITE:
            yield line[:found.start()] + found[0][1:] + line[found.end():]


def survivors(runs: Runs, path: str,
              pick: random.Random | None = None, most: int = 0) -> tuple[int, list[str]]:
    """How many mutants of a file were tried, and those that nobody noticed.

    `pick` chooses `most` of them; without it, all are tried.
    """
    guide, run = runs.guide, runs.of(path)
    if run.problems:
        return 1, [f"fails unchanged: {run.problems[0]}"]
    lines = guide.text(path).split("\n")
    tries = [(index, row, new)
             for index, task in enumerate(run.tasks) for row in _rows(task)
             for new in mutations(lines[row])]
    if pick:
        tries = pick.sample(tries, min(most, len(tries)))
    left = []
    for index, row, new in tries:
        edited = guide.with_edits({path: "\n".join([*lines[:row], new, *lines[row + 1:]])})
        try:
            mutated, why = tasks(edited, path, runs.environment), ""
        except GuideError as error:
            mutated, why = [], f" ({error})"
        if not noticed(run, mutated, index, new):
            left.append(f"{path}:{row + 1}: not noticed: {new.strip()}{why}")
    return len(tries), left


def noticed(run: Run, mutated: list[Task], index: int, new: str) -> bool:
    """Whether the step of the mutated line fails, quotes that line, and no other step does."""
    problems = [problem(task, outcome)
                for task, outcome in zip(mutated, run.outcomes, strict=False)]
    return (len(mutated) == len(run.tasks) and new.strip() in problems[index]
            and [i for i, found in enumerate(problems) if found] == [index])


def _rows(task: Task) -> Iterator[int]:
    """The rows of the file that hold an output which is compared."""
    first = task.at.line - 1 + task.step.source.count("\n")
    stack = False
    for number, line in enumerate(task.step.want.split("\n")[:-1]):
        stack = line.startswith("Traceback") or (stack and line.startswith((" ", "\t")))
        if not stack and line.strip() not in ("", "<BLANKLINE>"):
            yield first + number


def main(guide: Guide, arguments: argparse.Namespace) -> int:
    runs, tried, left = Runs(guide, here(arguments.device)), 0, []
    paths = chosen(guide, arguments.files, guide.files)
    runs.all(paths)
    for path in paths:
        number, missed = survivors(runs, path)
        tried += number
        left += missed
    print("\n".join([*left, f"killed {tried - len(left)} of {tried}"]))
    return 1 if left else 0


if __name__ == "__main__":
    command(main, __doc__)
