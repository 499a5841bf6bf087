"""`make record`: run the pages and write down, page by page, what ran where.

What ran on a CPU is kept with the runs and belongs to the checkout that made it. A record of a
GPU lies in tests/records, is committed, and counts only as long as the page and its outputs are
those that ran.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from ..read.environment import Environment
from ..read.guide import Guide
from ..read.page import Page, digest
from ..read.place import GuideError
from .apart import Where, listed
from .command import chosen, command
from .runs import Run, Runs, here, machinery_digest, stop_unless_passed
from .task import installed, missing


@dataclass(frozen=True)
class Record:
    """One page, run whole, on a GPU and one version of torch."""

    device: str
    cuda: bool  # what torch.cuda.is_available() said
    name: str  # what the GPU calls itself
    torch: str
    date: str
    page: str  # digest of the sources that ran
    outputs: list[str]  # digest of each real output
    machinery: str  # digest of what compared them

    def is_of(self, page: Page) -> bool:
        """Whether the page as it is now, sources and outputs, is what ran."""
        environment = Environment(self.torch, self.device)
        expected = [digest(step.expected) for example in environment.examples(page)
                    for step in example.steps]
        return self.page == sources_digest(page) and self.outputs == expected


def sources_digest(page: Page) -> str:
    return digest("\n".join(example.copied for example in page.examples))


def record_file(path: str) -> str:
    """Where the record of a page lies: docs/a/b.md in tests/records/a/b.json."""
    return f"tests/records/{path.removeprefix('docs/').removesuffix('.md')}.json"


def load(guide: Guide, path: str) -> Record | None:
    """The record of a page. GuideError where it is none, or not of a GPU."""
    file = record_file(path)
    if not guide.exists(file):
        return None
    try:
        record = Record(**json.loads(guide.text(file)))
    except (TypeError, ValueError) as error:
        raise GuideError(f"{file}: not a record: {error}") from None
    if record.device != "cuda" or record.cuda is not True:
        raise GuideError(f"{file}: made on a {record.name}, not on a GPU")
    return record


def provenance(guide: Guide, page: Page, runs: dict[Where, Run]) -> str:
    """The line under a page: what ran, on which torch and device; `runs` are those kept here."""
    count = len([example for example in page.examples if not example.condition])
    if not count:
        return ""
    places, later = [], ""
    gpu = load(guide, page.path)
    if passed := [where for where, run in runs.items() if not run.problems]:
        pythons = {where.python for where in passed}
        only = "" if gpu else " only"
        beside = f", Python {listed(pythons)}" if len(pythons) > 1 else ""
        places.append(f"{listed(where.torch for where in passed)} (CPU{only}{beside})")
    if gpu:
        where = f"{gpu.torch} ({gpu.name}, {gpu.date})"
        if gpu.is_of(page):
            places.append(where)
        else:
            later = f" Changed since it ran on torch {where}."
    examples = f"{count} example{'s' if count > 1 else ''}"
    if not places:
        return f"{examples}, which did not run in this build.{later}"
    beside = "".join(f" with {name} {found}" for name, found in installed(guide, page.path).items())
    return f"{examples} ran on torch {', '.join(places)}{beside}.{later}"


def make(runs: Runs, path: str) -> Record | None:
    """Run a page; the record of it where it ran on a GPU. GuideError where it fails."""
    page, environment = runs.guide.page(path), runs.environment
    run = runs.of(path)
    stop_unless_passed(run, "not recorded")
    if environment.device != "cuda":
        return None
    import torch

    return Record(
        environment.device, torch.cuda.is_available(), torch.cuda.get_device_name(),
        environment.torch, datetime.now(UTC).date().isoformat(), sources_digest(page),
        [digest(outcome.got) for outcome in run.outcomes], machinery_digest())


def main(guide: Guide, arguments: argparse.Namespace) -> int:
    runs, made = Runs(guide, here(arguments.device)), 0
    paths = [path for path in chosen(guide, arguments.files, guide.paths)
             if guide.page(path).examples and not missing(guide, path)]
    if arguments.device == "cuda":
        records = {path: load(guide, path) for path in paths}
        paths = [path for path in paths
                 if not (record := records[path]) or not record.is_of(guide.page(path))]
    runs.all(paths)
    for path in paths:
        if record := make(runs, path):
            target = guide.root / record_file(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(json.dumps(asdict(record), indent=1) + "\n")
        made += 1
    print(f"{made} pages ran on {runs.environment}")
    return 0


if __name__ == "__main__":
    command(main, __doc__)
