"""`make mutants`: make each expected output wrong by one step; the comparison must notice each.

A file runs once, unchanged, and must pass. Then its text is read again for each
mutant, and the mutated line has to differ from what was printed: a mutant that
breaks anything else of the page does not count as killed.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from . import harness, reading
from .harness import Outcome, Task
from .reading import PageError

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


def tasks(file: Path, text: str, device: str) -> list[Task]:
    """The tasks of a file, if its text were `text`."""
    name = reading.relative(file)
    if file.suffix == ".py":
        return [task for _, task in harness.docstring_tasks(text, name)]
    return [task for _, task in harness.page_tasks(reading.read_text(text, file), device)]


def survivors(file: Path, settings: harness.Settings,
              pick: random.Random | None = None, most: int = 0) -> tuple[int, list[str]]:
    """How many mutants of a file were tried, and those that nobody noticed.

    `pick` chooses `most` of them; without it, all are tried.
    """
    ran = harness.outcomes(file, settings)
    if broken := next((outcome.problem for outcome in ran if outcome.problem), ""):
        return 1, [f"fails unchanged: {broken}"]
    lines = file.read_text().split("\n")
    tries = [(index, row, new)
             for index, outcome in enumerate(ran) for row in _rows(outcome)
             for new in mutations(lines[row])]
    if pick:
        tries = pick.sample(tries, min(most, len(tries)))
    left = []
    for index, row, new in tries:
        try:
            mutated = tasks(file, "\n".join([*lines[:row], new, *lines[row + 1:]]), settings.device)
        except PageError as error:
            mutated, why = [], f" ({error})"
        else:
            why = ""
        if not noticed(ran, mutated, index, new):
            left.append(f"{reading.relative(file)}:{row + 1}: not noticed: {new.strip()}{why}")
    return len(tries), left


def noticed(ran: list[Outcome], mutated: list[Task], index: int, new: str) -> bool:
    """Whether the step of the mutated line fails, quotes that line, and no other step does."""
    problems = [Outcome(task, task.step.expected, outcome.got).problem
                for task, outcome in zip(mutated, ran, strict=False)]
    return (len(mutated) == len(ran) and new.strip() in problems[index]
            and [i for i, problem in enumerate(problems) if problem] == [index])


def _rows(outcome: Outcome) -> Iterator[int]:
    """The rows of the file that hold an output which is compared."""
    step, origin = outcome.task.step, outcome.task.page
    first = origin.line - 1 + step.source.count("\n")
    stack = False
    for number, line in enumerate(step.want.split("\n")[:-1]):
        stack = line.startswith("Traceback") or (stack and line.startswith((" ", "\t")))
        if not stack and line.strip() not in ("", "<BLANKLINE>"):
            yield first + number


def main() -> int:
    parser = argparse.ArgumentParser(prog="sitekit.mutants", description=__doc__.split("\n")[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("files", nargs="*", type=Path, help="pages or snippets (default: all)")
    arguments = parser.parse_args()
    settings, tried, left = harness.Settings(arguments.device), 0, []
    for file in arguments.files or reading.files():
        number, missed = survivors(file.resolve(), settings)
        tried += number
        left += missed
    print("\n".join([*left, f"killed {tried - len(left)} of {tried}"]))
    return 1 if left else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (reading.PageError, ValueError) as error:
        sys.exit(str(error))
