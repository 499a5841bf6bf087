"""`make record`: run the pages and write down, page by page, what ran where.

A record made on a CPU lies in .cache/records and belongs to the checkout that
made it. A record made on a GPU lies in tests/records, is committed, and counts
only as long as the page and its outputs are those that ran.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from . import reading
from .reading import PageError, Reading, digest

MACHINERY = ("harness.py", "reading.py")


@dataclass(frozen=True)
class Record:
    """One page, run whole, on one device and one version of torch."""

    device: str  # cpu or cuda
    cuda: bool  # what torch.cuda.is_available() said
    name: str  # CPU, or what the GPU calls itself
    torch: str
    date: str  # of a GPU's run; a CPU's belongs to the build
    page: str  # digest of the sources that ran
    outputs: list[str]  # digest of each real output
    machinery: str  # digest of what compared them

    @property
    def where(self) -> str:
        date = f", {self.date}" if self.date else ""
        return f"{self.torch} ({self.name}{date})"


def sources_digest(page: Reading) -> str:
    return digest("\n".join(example.copied for example in page.examples))


def machinery_digest() -> str:
    return digest("".join((Path(__file__).parent / name).read_text() for name in MACHINERY))


def expected_outputs(page: Reading, device: str, torch: str) -> list[str]:
    return [digest(step.expected) for example in page.examples_on(device, torch)
            for step in example.steps]


def committed(path: str) -> Path:
    """Where the GPU's record of a page lies: docs/a/b.md in tests/records/a/b.json."""
    return reading.ROOT / "tests/records" / Path(path).relative_to("docs").with_suffix(".json")


def cached(path: str, torch: str) -> Path:
    return (reading.ROOT / ".cache/records" / torch
            / Path(path).relative_to("docs").with_suffix(".json"))


def load(file: Path) -> Record:
    """Read a record. PageError where it is none."""
    try:
        return Record(**json.loads(file.read_text()))
    except (TypeError, ValueError) as error:
        raise PageError(f"{reading.relative(file)}: not a record: {error}") from None


def holds(record: Record, page: Reading) -> bool:
    """Whether the page as it is now, sources and outputs, is what ran."""
    return (record.page == sources_digest(page)
            and record.outputs == expected_outputs(page, record.device, record.torch))


def current(record: Record, page: Reading) -> bool:
    """Whether the page as it is now is what ran, compared by the machinery as it is now."""
    return record.machinery == machinery_digest() and holds(record, page)


def provenance(page: Reading) -> str:
    """The line under a page: what ran, on which torch and device."""
    count = len([example for example in page.examples if not example.condition])
    if not count:
        return ""
    folder = reading.ROOT / ".cache/records"
    cpu = [load(cached(page.path, found.name)) for found in sorted(folder.glob("*"))
           if cached(page.path, found.name).exists()]
    ran = [record for record in cpu if current(record, page)]
    places, later = [record.where for record in ran], ""
    if (file := committed(page.path)).exists():
        gpu = load(file)
        if gpu.device != "cuda" or gpu.cuda is not True:
            raise PageError(f"{reading.relative(file)}: made on a {gpu.name}, not on a GPU")
        if holds(gpu, page):
            places.append(gpu.where)
        else:
            later = f" Changed since it ran on torch {gpu.where}."
    elif places:
        places[-1] = places[-1].replace("(CPU)", "(CPU only)")
    examples = f"{count} example{'s' if count > 1 else ''}"
    if not places:
        return f"{examples}, which did not run in this build.{later}"
    return f"{examples} ran on torch {', '.join(places)}.{later}"


def make(file: Path, device: str) -> Record:
    """Run a page and record it. PageError where an output is not the page's."""
    import torch

    from . import harness

    settings = harness.Settings(device)
    outcomes = harness.outcomes(file, settings)
    for outcome in outcomes:
        if outcome.problem:
            raise PageError(f"not recorded: {outcome.problem}")
    page, version = reading.read_page(file), torch.__version__.split("+")[0]
    gpu = device == "cuda"
    return Record(
        device, torch.cuda.is_available(), torch.cuda.get_device_name() if gpu else "CPU",
        version, datetime.now(UTC).date().isoformat() if gpu else "", sources_digest(page),
        [digest(outcome.got) for outcome in outcomes], machinery_digest())


def main() -> int:
    parser = argparse.ArgumentParser(prog="sitekit.record", description=__doc__.split("\n")[0])
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("pages", nargs="*", type=Path, help="the pages (default: all)")
    arguments = parser.parse_args()
    import torch

    version, made = torch.__version__.split("+")[0], 0
    for file in arguments.pages or reading.pages():
        page = reading.read_page(file.resolve())
        target = committed(page.path) if arguments.device == "cuda" else cached(page.path, version)
        if page.examples and not (target.exists() and current(load(target), page)):
            record = make(file.resolve(), arguments.device)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(json.dumps(asdict(record), indent=1) + "\n")
            made += 1
    print(f"recorded {made} pages on torch {version}, {arguments.device}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (PageError, ValueError) as error:
        sys.exit(str(error))
