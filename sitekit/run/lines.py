"""The shown lines that nothing executed: what stands there could be false and nobody would know."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping

from ..read.environment import Environment
from ..read.page import Page
from ..read.place import Place
from ..read.session import Step, parsed
from ..read.stems import stem_of
from .runs import Run, Runs


def unexecuted(runs: Runs, path: str,
               by_tests: Mapping[str, Collection[int]] | None = None) -> list[str]:
    """The shown statements of a page that nothing has run, by file and line.

    The page itself can run them, a docstring of its snippets, or its tests. Of a snippet that
    belongs to another page, that page answers for the lines. A line that a device cannot execute
    stands in tests/exclusions.toml with its reason.
    """
    guide, page, run = runs.guide, runs.guide.page(path), runs.of(path)
    environment = runs.environment
    snippets = [file for file in guide.with_stem(path).values() if file.startswith("snippets/")]
    lines: dict[str, set[int]] = {}
    for found in (run.ran.lines, *(runs.of(file).ran.lines for file in snippets), by_tests or {}):
        for file, numbers in found.items():
            lines.setdefault(file, set()).update(numbers)
    excused = {(entry.file, entry.source.strip()) for entry in guide.exclusions
               if entry.device == environment.device}
    found = []
    for place, last in _statements(page, environment, run):
        text = guide.text(place.path).split("\n")[place.line - 1].strip()
        ran = lines.get(place.path, set()).intersection(range(place.line, last + 1))
        if not ran and (place.path, text) not in excused:
            found.append(f"{place}: nothing executes {text!r}")
    return found


def _statements(page: Page, environment: Environment, run: Run) -> Iterator[tuple[Place, int]]:
    """The first place and the last line of each shown statement that holds no others.

    One that stands on its line behind an error counts as on no line.
    """
    raised = {task.line: outcome.raised for task, outcome in
              zip(run.tasks, run.outcomes, strict=False)}
    for example in environment.examples(page):
        if example.snippet and stem_of(example.snippet.path) != stem_of(page.path):
            continue  # the page of that snippet answers for it
        for step in example.steps:
            first = example.snippet or page.places[example.line + step.line]
            error = raised.get(example.line + step.line)
            for node in _leaves(step):
                place = Place(first.path, first.line + node.lineno - 1)
                last = first.line + (node.end_lineno or node.lineno) - 1
                behind = error and (place.line, node.col_offset) > error and place.line == error[0]
                yield place, (place.line - 1 if behind else last)


def _leaves(step: Step) -> Iterator[ast.stmt]:
    for node in ast.walk(parsed(step.source)):
        is_constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_declared = isinstance(node, (ast.Global, ast.Nonlocal)) or (
            isinstance(node, ast.AnnAssign) and node.value is None)
        holds_others = hasattr(node, "body")
        if isinstance(node, ast.stmt) and not (holds_others or is_constant or is_declared):
            yield node
