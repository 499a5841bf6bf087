"""The steps of a file that run in an environment, each with the place that a failure names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from sybil.document import PythonDocStringDocument

from ..read.environment import Environment
from ..read.guide import Guide
from ..read.place import GuideError, Place
from ..read.session import Step, session


@dataclass(frozen=True)
class Task:
    """One step of an example."""

    step: Step
    at: Place
    snippet: Place | None = None
    section: str = ""  # of the page
    block: int = 0  # the line of the first step of its block
    line: int = 0  # in the expanded text of the page, or in the snippet file, from 0

    @property
    def where(self) -> str:
        return f"{self.at} ({self.snippet})" if self.snippet else str(self.at)


def installed(guide: Guide, path: str) -> dict[str, str]:
    """The libraries that a page names, with the version of each; empty for one that is missing."""
    found = dict.fromkeys(guide.meta(path).get("libraries", []), "")
    for name in found:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def missing(guide: Guide, path: str) -> list[str]:
    """What a page needs and is not here, so that it does not run: libraries, a newer torch."""
    since = guide.meta(path).get("since", "")
    old = since and not Environment(version("torch")).meets(f"torch >= {since}")
    return [*(name for name, found in installed(guide, path).items() if not found),
            *([f"torch {since}"] if old else [])]


def tasks(guide: Guide, path: str, environment: Environment) -> list[Task]:
    """The steps of a page, of README.md or of a snippet's docstrings that run; exclusions are out.

    Of a page with a library that is not installed, none. GuideError where an exclusion names a
    step that the file does not have.
    """
    found = list((_of_docstrings if path.endswith(".py") else _of_page)(guide, path, environment))
    for entry in guide.exclusions:
        if entry.file == path and entry.device == environment.device and ">>>" in entry.source:
            source = entry.source.replace(">>> ", "", 1).replace("\n... ", "\n").strip()
            kept = [task for task in found if task.step.source.strip() != source]
            if len(kept) == len(found):
                raise GuideError(f"tests/exclusions.toml: {path} has no {entry.source!r}")
            found = kept
    return found


def _of_page(guide: Guide, path: str, environment: Environment) -> Iterator[Task]:
    page = guide.page(path)
    if missing(guide, path):
        return
    for example in environment.examples(page):
        for step in example.steps:
            line = example.line + step.line
            yield Task(step, page.places[line], page.snippets[line],
                       page.anchor_of(line), example.line, line)


def _of_docstrings(guide: Guide, path: str, environment: Environment) -> Iterator[Task]:
    text = guide.text(path)
    for start, _, docstring in PythonDocStringDocument.extract_docstrings(text):
        if ">>>" in docstring:
            above = text.count("\n", 0, start)
            for step in session(docstring, Place(path, above + 1), prose=True):
                line = above + step.line
                yield Task(step, Place(path, line + 1), block=above, line=line)
