"""What Sybil collects: each block of a file; its outcomes are looked up in the file's run."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import pytest
from sybil import Document, Example, Region

from ..read.place import GuideError
from .runs import Run, Runs
from .task import Task, tasks


class FileDocument(Document):
    """A file whose regions are its blocks, in the order in which they stand."""

    def __init__(self, text: str, path: str, run: Callable[[], Run]):
        super().__init__(text, path)
        self.run = run

    def add_blocks(self, found: list[Task]) -> None:
        starts = [0]
        for row in self.text.split("\n"):
            starts.append(starts[-1] + len(row) + 1)
        for _, block in groupby(enumerate(found), key=lambda numbered: numbered[1].block):
            numbers = [number for number, _ in block]
            start = starts[found[numbers[0]].line]
            self.add(Region(start, start + 1, (numbers, found[numbers[0]]), self.problems))

    def problems(self, example: Example) -> str:
        """What is wrong with the steps of a block; empty where nothing is."""
        numbers, _ = example.parsed
        return "\n".join(filter(None, map(self.run().problem, numbers)))

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
            document.add_blocks(tasks(guide, name, self.runs.environment))
        except GuideError as error:
            raise pytest.Collector.CollectError(str(error)) from None
        return document
