"""Running the examples of a page: Sybil collects and orders them, this compares.

The comparison is exact. What it overlooks is told to the reader on
docs/how-examples-run.md, and nothing else is overlooked.
"""

from __future__ import annotations

import contextlib
import io
import re
import runpy
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from sybil import Document, Example, Region
from sybil.document import PythonDocStringDocument
from sybil.example import NotEvaluated

from . import reading
from .reading import Origin, Step

DEVICES = ("cpu", "cuda", "meta")
TRACEBACK = "Traceback (most recent call last):\n"


class Settings:
    """What every page finds: its device as the default, and torch seeded."""

    def __init__(self, device: str):
        """Raise ValueError, in one line, where examples cannot run on `device`."""
        if device not in DEVICES:
            raise ValueError(f"--device {device}: not one of {', '.join(DEVICES)}")
        if device == "cuda" and not torch.cuda.is_available():
            raise ValueError("--device cuda: torch sees no GPU on this machine")
        self.device = device

    def setup(self, namespace: dict) -> None:
        self.tf32 = torch.backends.cudnn.allow_tf32
        torch.backends.cudnn.allow_tf32 = False
        torch.set_default_device(self.device)
        torch.set_warn_always(True)
        torch.manual_seed(0)
        namespace.update(__name__="__main__", __device__=self.device)

    def teardown(self, namespace: dict) -> None:
        torch.backends.cudnn.allow_tf32 = self.tf32
        torch.set_default_device(None)
        torch.set_warn_always(False)


# --- what Sybil asks for ----------------------------------------------------


@dataclass(frozen=True)
class Task:
    """One step of an example, and the place that a failure names."""

    step: Step
    page: Origin
    snippet: Origin | None = None
    digest: str = ""

    @property
    def where(self) -> str:
        return f"{self.page} ({self.snippet})" if self.snippet else str(self.page)


class _TaskDocument(Document):
    """A document whose regions are tasks, in the order in which they stand."""

    @classmethod
    def parse(cls, path, *parsers, encoding="utf-8"):
        try:
            return cls.read(Path(path))
        except reading.PageError as error:
            raise pytest.Collector.CollectError(str(error)) from None

    def add_tasks(self, tasks) -> None:
        for line, task in tasks:
            start = sum(len(row) + 1 for row in self.text.split("\n")[:line])
            self.add(Region(start, start + 1, task, evaluate))

    def examples(self):
        for example in super().examples():
            example.line = example.parsed.page.line
            yield example


class PageDocument(_TaskDocument):
    """A page as the site shows it, or README.md as it stands."""

    @classmethod
    def read(cls, file):
        page = reading.read_file(file)
        document = cls(page.text, str(file))
        document.add_tasks(tasks(page))
        return document


def tasks(page: reading.Reading) -> Iterator[tuple[int, Task]]:
    """Each step of a page, with its line of the expanded text."""
    for example in page.examples:
        for step in example.steps:
            line = example.line + step.line
            yield line, Task(step, page.origins[line], page.snippets[line], example.digest)


class DocstringDocument(_TaskDocument):
    """The sessions in a snippet file's docstrings, run with that file's names."""

    @classmethod
    def read(cls, file):
        document = cls(file.read_text(), str(file))
        name = reading.relative(file)
        for start, _, text in PythonDocStringDocument.extract_docstrings(document.text):
            if ">>>" in text:
                above = document.text.count("\n", 0, start)
                steps = reading.session(text, Origin(name, above + 1), prose=True)
                document.add_tasks(
                    (above + step.line, Task(step, Origin(name, above + step.line + 1)))
                    for step in steps)
        document.push_evaluator(document.define)
        return document

    def define(self, example: Example) -> None:
        names = runpy.run_path(self.path)
        self.namespace.update({k: v for k, v in names.items() if not k.startswith("__")})
        self.pop_evaluator(self.define)
        raise NotEvaluated


# --- running and comparing --------------------------------------------------


def evaluate(example: Example) -> str:
    """Run one task in its page's namespace; what is wrong with it, or nothing."""
    return compare(example.parsed, example.namespace)


def compare(task: Task, namespace: dict) -> str:
    got, trace = run(task, namespace)
    got = tidy(got, namespace["__device__"])
    want = expected(task.step.want)
    if got == want:
        return ""
    return (f"{task.where}\n{task.step.source}"
            f"Expected:\n{want or '(nothing)'}\nGot:\n{got or '(nothing)'}\n{trace}")


def failures(file: Path, settings: Settings) -> list[str]:
    """Run a page without pytest; what is wrong with each of its steps."""
    namespace: dict = {}
    settings.setup(namespace)
    try:
        problems = [compare(task, namespace) for _, task in tasks(reading.read_file(file))]
    finally:
        settings.teardown(namespace)
    return [problem for problem in problems if problem]


def run(task: Task, namespace: dict) -> tuple[str, str]:
    """What a reader sees at the prompt, warnings in place, and any traceback."""
    seen, trace = io.StringIO(), ""

    def show(message, category, *_, **__):
        seen.write(f"{category.__name__}: {message}\n")

    origin = task.snippet or task.page
    source = "\n" * (origin.line - 1) + task.step.source
    mode = "single" if task.step.prompt else "exec"
    with (contextlib.redirect_stdout(seen), contextlib.redirect_stderr(seen),
          warnings.catch_warnings()):
        warnings.simplefilter("always")
        warnings.showwarning = show
        try:
            exec(task.step.imports, namespace)
            code = compile(source, str(reading.ROOT / origin.path), mode, dont_inherit=True)
            exec(code, namespace)
        except Exception as error:
            trace = traceback.format_exc()
            seen.write(TRACEBACK + "".join(traceback.format_exception_only(error)))
    return seen.getvalue(), trace


def expected(want: str) -> str:
    """The expected output without the stack of a traceback and without marks."""
    want = re.sub(rf"^({re.escape(TRACEBACK)})(?:[ \t].*\n)*", r"\1", want, flags=re.M)
    return _without_trailing_spaces(want.replace("<BLANKLINE>", ""))


def tidy(got: str, device: str) -> str:
    """The real output without what depends on the machine and not on the code."""
    if device != "cpu":
        got = re.sub(rf", device='{device}(:0)?'", "", got)
    got = re.sub(r" \(Triggered internally at [^)]*\)", "", got)
    return _without_trailing_spaces(got)


def _without_trailing_spaces(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.rstrip("\n").split("\n"))
