"""Running the examples of a page: Sybil collects and orders them, this compares.

The comparison is exact. What it overlooks is told to the reader on
docs/how-examples-run.md, and nothing else is overlooked.
"""

from __future__ import annotations

import contextlib
import io
import random
import re
import runpy
import sys
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
from .reading import TRACEBACK, Origin, Step, without_trailing_spaces

DEVICES = ("cpu", "cuda", "meta")


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
        self.found, self.random = torch_state(), random_states()
        torch.backends.cudnn.allow_tf32 = False
        torch.set_default_device(self.device)
        torch.set_warn_always(True)
        torch.manual_seed(0)
        namespace.update(__name__="__main__", __device__=self.device)

    def teardown(self, namespace: dict) -> None:
        """Undo the set-up. Raise LeftBehindError where a page changed more than that."""
        torch.backends.cudnn.allow_tf32 = self.found["TF32 in cuDNN"]
        torch.set_default_device(None)
        torch.set_warn_always(False)
        restore_random_states(self.random)
        left = torch_state()
        changed = [f"{name}: {self.found[name]} became {left[name]}"
                   for name in left if left[name] != self.found[name]]
        if changed:
            raise LeftBehindError("the page leaves torch changed: " + ", ".join(changed))


class LeftBehindError(Exception):
    """A page that the pages after it would notice."""


def torch_state() -> dict[str, object]:
    """What a page must leave as it found it, by name."""
    hooks = vars(torch.nn.modules.module)
    return {
        "default device": str(torch.get_default_device()),
        "default dtype": torch.get_default_dtype(),
        "grad mode": torch.is_grad_enabled(),
        "inference mode": torch.is_inference_mode_enabled(),
        "anomaly mode": torch.is_anomaly_enabled(),
        "autocast": (torch.is_autocast_enabled("cpu"), torch.is_autocast_enabled("cuda")),
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
        "deterministic cuDNN": torch.backends.cudnn.deterministic,
        "TF32 in cuDNN": torch.backends.cudnn.allow_tf32,
        "matmul precision": torch.get_float32_matmul_precision(),
        "threads": torch.get_num_threads(),
        "print options": repr(vars(torch._tensor_str.PRINT_OPTS)),
        "module hooks": {name: len(found) for name, found in hooks.items()
                         if name.startswith("_global_") and isinstance(found, dict)},
    }


def random_states() -> tuple:
    numpy = sys.modules.get("numpy")
    return (torch.get_rng_state(), torch.cuda.get_rng_state_all(), random.getstate(),
            numpy and numpy.random.get_state())


def restore_random_states(states: tuple) -> None:
    cpu, cuda, python, numpy = states
    torch.set_rng_state(cpu)
    torch.cuda.set_rng_state_all(cuda)
    random.setstate(python)
    if numpy:
        sys.modules["numpy"].random.set_state(numpy)


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

    device = "cpu"

    @classmethod
    def read(cls, file):
        page = reading.read_page(file)
        document = cls(page.text, str(file))
        document.add_tasks(page_tasks(page, cls.device))
        return document


def page_tasks(page: reading.Reading, device: str) -> Iterator[tuple[int, Task]]:
    """Each step of a page, with its line of the expanded text."""
    for example in page.examples_on(device, torch.__version__):
        for step in example.steps:
            line = example.line + step.line
            yield line, Task(step, page.origins[line], page.snippets[line], example.digest)


class DocstringDocument(_TaskDocument):
    """The sessions in a snippet file's docstrings, run with that file's names."""

    @classmethod
    def read(cls, file):
        document = cls(file.read_text(), str(file))
        document.add_tasks(docstring_tasks(document.text, reading.relative(file)))
        document.push_evaluator(document.define)
        return document

    def define(self, example: Example) -> None:
        self.namespace.update(definitions(Path(self.path)))
        self.pop_evaluator(self.define)
        raise NotEvaluated


def docstring_tasks(text: str, name: str) -> Iterator[tuple[int, Task]]:
    """Each step of the docstrings of a file, with its line."""
    for start, _, docstring in PythonDocStringDocument.extract_docstrings(text):
        if ">>>" in docstring:
            above = text.count("\n", 0, start)
            for step in reading.session(docstring, Origin(name, above + 1), prose=True):
                line = above + step.line
                yield line, Task(step, Origin(name, line + 1))


def definitions(file: Path) -> dict:
    return {k: v for k, v in runpy.run_path(str(file)).items() if not k.startswith("__")}


# --- running and comparing --------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What a task was expected to print, and what it printed."""

    task: Task
    want: str
    got: str
    trace: str = ""

    @property
    def problem(self) -> str:
        """What is wrong, and where; empty where the outputs are the same."""
        if self.got == self.want:
            return ""
        return (f"{self.task.where}\n{self.task.step.source}"
                f"Expected:\n{self.want or '(nothing)'}\n"
                f"Got:\n{self.got or '(nothing)'}\n{self.trace}")


def outcome(task: Task, namespace: dict) -> Outcome:
    """Run one task in the namespace of its page."""
    got, trace = run(task, namespace)
    return Outcome(task, task.step.expected, tidy(got, namespace["__device__"]), trace)


def evaluate(example: Example) -> str:
    """What Sybil calls: what is wrong with one task, or nothing."""
    return outcome(example.parsed, example.namespace).problem


def outcomes(file: Path, settings: Settings) -> list[Outcome]:
    """Run a page, README.md or the docstrings of a snippet, without pytest."""
    namespace: dict = {}
    settings.setup(namespace)
    try:
        if file.suffix == ".py":
            namespace.update(definitions(file))
            tasks = docstring_tasks(file.read_text(), reading.relative(file))
        else:
            tasks = page_tasks(reading.read_page(file), settings.device)
        return [outcome(task, namespace) for _, task in tasks]
    finally:
        settings.teardown(namespace)


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


def tidy(got: str, device: str) -> str:
    """The real output without what depends on the machine and not on the code."""
    if device != "cpu":
        got = re.sub(rf", device='{device}(:0)?'", "", got)
    got = re.sub(r" \(Triggered internally at [^)]*\)", "", got)
    got = re.sub(r"^[VIWEC]\d{4} \d\d:\d\d:\d\d\.\d+ .*\n", "", got, flags=re.MULTILINE)
    return without_trailing_spaces(got)
