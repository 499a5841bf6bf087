"""What Sybil collects: each step of a file as an example, whose outcome is looked up in its run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sybil import Document, Example, Region

from ..read.place import GuideError
from .runs import Run, Runs
from .task import Task, tasks


class FileDocument(Document):
    """A file whose regions are its steps, in the order in which they stand."""

    def __init__(self, text: str, path: str, run: Callable[[], Run]):
        super().__init__(text, path)
        self.run = run

    def add_tasks(self, found: list[Task]) -> None:
        starts = [0]
        for row in self.text.split("\n"):
            starts.append(starts[-1] + len(row) + 1)
        for number, task in enumerate(found):
            start = starts[task.line]
            self.add(Region(start, start + 1, (number, task), self.problem))

    def problem(self, example: Example) -> str:
        number, _ = example.parsed
        return self.run().problem(number)

    def examples(self):
        for example in super().examples():
            example.line = example.parsed[1].at.line
            yield example


class Documents:
    """What Sybil is given for the kinds of files: it parses a file into a document."""

    def __init__(self, runs: Runs):
        self.runs = runs

    def parse(self, path: str, *parsers, encoding: str = "utf-8") -> FileDocument:
        guide, name = self.runs.guide, self.runs.guide.path_of(Path(path))
        try:
            text = guide.page(name).text if name.endswith(".md") else guide.text(name)
            document = FileDocument(text, path, lambda: self.runs.of(name))
            document.add_tasks(tasks(guide, name, self.runs.environment))
        except GuideError as error:
            raise pytest.Collector.CollectError(str(error)) from None
        return document
