"""`make accept`: write the outputs that the examples of the pages have now.

A new torch may print another number or word a message anew. Where a boolean
flips, an error or a warning comes or goes, or an output becomes what a belief
predicts, a sentence of the page is wrong, and the page is left as it is.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Collection

from ..read.guide import Guide
from ..read.session import STACK, TRACEBACK
from .command import chosen, command
from .runs import Runs, here

_ERROR = re.compile(rf"^{re.escape(TRACEBACK)}(?:[ \t].*\n)*([\w.]+)", re.MULTILINE)
_WARNING = re.compile(r"^(\w*Warning): ", re.MULTILINE)
_BOOLEAN = re.compile(r"\b(?:True|False)\b")


def refusal(want: str, got: str, beliefs: Collection[str]) -> str:
    """Why `got` must not take the place of `want`; empty where it may."""
    if _ERROR.findall(want) != _ERROR.findall(got):
        return "an error comes, goes or changes its type"
    if _WARNING.findall(want) != _WARNING.findall(got):
        return "a warning comes or goes"
    if _BOOLEAN.findall(want) != _BOOLEAN.findall(got):
        return "a boolean flips"
    if got in beliefs:
        return "the output is what a belief predicts"
    return ""


def reworded(want: str, got: str) -> str:
    """How a message is worded now, where only its words changed; empty where it is none."""
    if refusal(want, got, ()) or not (TRACEBACK in want or _WARNING.search(want)):
        return ""
    old, new = (text.rpartition(TRACEBACK)[2].strip() for text in (want, got))
    return f"{old!r} is now {new!r}"


def accept(runs: Runs, path: str) -> tuple[str, list[str], list[str]]:
    """The text of a page with the outputs of now, what was refused in it, and new wordings."""
    guide, run = runs.guide, runs.of(path)
    lines, refused, words = guide.text(path).split("\n"), [], []
    beliefs: dict[str, list[str]] = {}
    for claim in guide.beside(path).claims:
        if claim.step:
            beliefs.setdefault(claim.step, []).append(claim.belief)
    for task, outcome in reversed(list(zip(run.tasks, run.outcomes, strict=False))):
        want, got = task.step.expected, outcome.got
        if got == want and not outcome.fault:
            continue
        source = task.step.source.strip()
        why = outcome.fault or refusal(want, got, beliefs.get(source, []))
        if why or not task.step.prompt:
            refused.insert(0, f"{task.where}: refused: {why or 'a definition prints'}: {source}")
            continue
        if how := reworded(want, got):
            words.insert(0, f"{task.where}: message: {how}")
        first = task.at.line - 1
        indent = lines[first][:len(lines[first]) - len(lines[first].lstrip())]
        start = first + task.step.source.count("\n")
        shown = got.replace(TRACEBACK, TRACEBACK + STACK).split("\n") if got else []
        lines[start:start + task.step.want.count("\n")] = [
            indent + (line or "<BLANKLINE>") for line in shown]
    return "\n".join(lines), refused, words


def main(guide: Guide, arguments: argparse.Namespace) -> int:
    runs, refused, words = Runs(guide, here(arguments.device)), [], []
    paths = chosen(guide, arguments.files, guide.paths)
    runs.all(paths)
    for path in paths:
        before, (after, reasons, reworded_here) = guide.text(path), accept(runs, path)
        sys.stdout.writelines(difflib.unified_diff(
            before.splitlines(True), after.splitlines(True), path, path))
        refused += reasons
        words += reworded_here
        if not reasons and after != before and not arguments.dry_run:
            (guide.root / path).write_text(after, encoding="utf-8")
    print(*refused, *words, sep="\n")
    return 1 if refused else 0


if __name__ == "__main__":
    command(main, __doc__, ("--dry-run", "show the difference and write nothing"))
