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
import tomllib
from pathlib import Path

from . import harness, reading
from .reading import TRACEBACK

_ERROR = re.compile(rf"^{re.escape(TRACEBACK)}(?:[ \t].*\n)*([\w.]+)", re.MULTILINE)
_WARNING = re.compile(r"^(\w*Warning): ", re.MULTILINE)
_BOOLEAN = re.compile(r"\b(?:True|False)\b")


def refusal(want: str, got: str, beliefs: list[str]) -> str:
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


def beliefs() -> dict[tuple[str, str], list[str]]:
    """What wrong beliefs predict for a step of a page, from tests/claims.toml."""
    listed = tomllib.loads((reading.ROOT / "tests/claims.toml").read_text()).get("claim", [])
    found: dict[tuple[str, str], list[str]] = {}
    for claim in listed:
        if "belief" in claim:
            page = "docs/" + claim["page"].split("#")[0]
            found.setdefault((page, claim["step"]), []).append(claim["belief"])
    return found


def accept(file: Path, settings: harness.Settings) -> tuple[str, list[str]]:
    """The text of a page with the outputs of now, and what was refused in it."""
    lines, predicted, refused = file.read_text().split("\n"), beliefs(), []
    for outcome in reversed(harness.outcomes(file, settings)):
        task, want, got = outcome.task, outcome.want, outcome.got
        if got == want:
            continue
        source = task.step.source.strip()
        why = refusal(want, got, predicted.get((task.page.path, source), []))
        if why or not task.step.prompt:
            refused.insert(0, f"{task.where}: refused: {why or 'a definition prints'}: {source}")
            continue
        first = task.page.line - 1
        indent = lines[first][:len(lines[first]) - len(lines[first].lstrip())]
        start = first + task.step.source.count("\n")
        shown = got.replace(TRACEBACK, TRACEBACK + "  ...\n").split("\n") if got else []
        lines[start:start + task.step.want.count("\n")] = [
            indent + (line or "<BLANKLINE>") for line in shown]
    return "\n".join(lines), refused


def main() -> int:
    parser = argparse.ArgumentParser(prog="sitekit.accept", description=__doc__.split("\n")[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dry-run", action="store_true",
                        help="show the difference and write nothing")
    parser.add_argument("pages", nargs="*", type=Path, help="the pages (default: all)")
    arguments = parser.parse_args()
    settings, refused = harness.Settings(arguments.device), []
    for file in arguments.pages or reading.pages():
        file = file.resolve()
        name = reading.relative(file)
        before, (after, reasons) = file.read_text(), accept(file, settings)
        sys.stdout.writelines(difflib.unified_diff(
            before.splitlines(True), after.splitlines(True), name, name))
        refused += reasons
        if not reasons and after != before and not arguments.dry_run:
            file.write_text(after)
    print("\n".join(refused))
    return 1 if refused else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (reading.PageError, ValueError) as error:
        sys.exit(str(error))
