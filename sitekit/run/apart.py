"""What another torch or Python prints otherwise than a page, and to which of them it belongs.

Each environment keeps its runs in .made/runs, and those of other machines may be put there, too:
`python -m sitekit.run.apart` lists what they disagree on, and ends with 1 where they do.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..read.environment import Environment
from ..read.guide import Guide
from .command import chosen, command
from .runs import MADE, Run, kept


@dataclass(frozen=True)
class Where:
    """The interpreter and the torch of a run on the CPU."""

    torch: str
    python: str

    def __str__(self) -> str:
        return f"torch {self.torch} with Python {self.python}"


@dataclass(frozen=True)
class Otherwise:
    """A session as another environment prints it."""

    belongs: str  # to which torch or Python
    at: str
    session: str


def listed(names: Iterable[str]) -> str:
    """`2.9.1, 2.11.0 and 2.13.0`: each version once, in order."""
    *most, last = sorted(set(names), key=lambda name: [
        (not part.isdigit(), int(part) if part.isdigit() else part) for part in name.split(".")])
    return f"{', '.join(most)} and {last}" if most else last


def kept_runs(guide: Guide, path: str) -> dict[Where, Run]:
    """The runs of a page as it is now, by where they were made."""
    found = {}
    for folder in sorted((guide.root / MADE / "runs").glob("*-cpu-*")):
        torch, python = folder.name.split("-cpu-")
        run = kept(guide, path, Environment(torch, python=python), python)
        if run and run.outcomes:
            found[Where(torch, run.python)] = run
    return found


def belongs(failed: set[Where], ran: set[Where]) -> str:
    """What a failure goes with: a torch whatever the Python, a Python, or certain pairs."""
    torches, pythons = {each.torch for each in failed}, {each.python for each in failed}
    if failed == {each for each in ran if each.torch in torches}:
        return f"torch {listed(torches)}"
    if failed == {each for each in ran if each.python in pythons}:
        return f"Python {listed(pythons)}"
    return ", ".join(sorted(map(str, failed)))


def otherwise(runs: dict[Where, Run]) -> Iterator[Otherwise]:
    """The sessions that are not in each run as the page shows them."""
    failed: dict[tuple[str, str, str], set[Where]] = {}
    for where, run in runs.items():
        for number, outcome in enumerate(run.outcomes):
            if run.problem(number):
                task = run.tasks[number]
                said = outcome.fault or outcome.got
                failed.setdefault((task.where, task.step.source, said), set()).add(where)
    for (at, source, said), where in failed.items():
        prompts = ">>> " + source.rstrip("\n").replace("\n", "\n... ")
        yield Otherwise(belongs(where, set(runs)), at, f"{prompts}\n{said}".rstrip() + "\n")


def main(guide: Guide, arguments: argparse.Namespace) -> int:
    ran: set[Where] = set()
    count = 0
    for path in chosen(guide, arguments.files, guide.paths):
        runs = kept_runs(guide, path)
        ran |= set(runs)
        for found in otherwise(runs):
            count += 1
            print(f"{found.belongs}: {found.at}\n{found.session}")
    for where in sorted(map(str, ran)):
        print(where)
    print(f"sessions that print something else: {count}" if ran
          else f"{MADE}/runs: nothing is kept there")
    return 1 if count or not ran else 0


if __name__ == "__main__":
    command(main, __doc__)
