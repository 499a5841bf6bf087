"""The code of one fence, split into steps; a line that would not count is refused."""

from __future__ import annotations

import ast
import doctest
import re
from dataclasses import dataclass
from functools import lru_cache

from .place import GuideError, Place

TRACEBACK = "Traceback (most recent call last):\n"
STACK = "  ...\n"  # how a page writes the stack of a traceback


@dataclass(frozen=True)
class Step:
    """One prompt of a session, or a whole block of definitions."""

    source: str
    want: str
    line: int  # within the block, from 0
    prompt: bool = True
    imports: str = ""  # what the excerpt of a snippet needs before it
    written_out: str = ""  # for an import from a snippet: the definitions that it brings

    @property
    def copied(self) -> str:
        """What a reader takes home of it, which needs nothing of this repository."""
        return self.written_out or self.imports + self.source

    @property
    def expected(self) -> str:
        """The expected output without the stack of a traceback and without marks."""
        want = self.want.replace(TRACEBACK + STACK, TRACEBACK)
        return without_trailing_spaces(want.replace("<BLANKLINE>", ""))


def without_trailing_spaces(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.rstrip("\n").split("\n"))


@lru_cache(4000)
def parsed(text: str) -> ast.Module:
    """The tree of a text, which nobody changes."""
    return ast.parse(text)


def parses(text: str) -> bool:
    try:
        parsed(text)
    except (SyntaxError, ValueError):
        return False
    return True


def is_python(text: str) -> bool:
    """Whether a reader would take a block of text for code: a prompt, or statements that do."""
    if re.search(r"^[ >|]*(?:>>>|In \[\d+\]:) *\S", text, re.MULTILINE):
        return True
    does = (ast.Call, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.AugAssign,
            ast.For, ast.While, ast.With)
    return parses(text) and any(isinstance(node, does) for node in ast.walk(parsed(text)))


def definitions(text: str, here: Place, imports: str) -> tuple[Step, ...]:
    """A block of definitions is one step."""
    if not parses(text):
        hint = "; a session is a pycon fence" if ">>>" in text else ""
        raise GuideError(f"{here}: this python fence is not Python{hint}")
    return (Step(text, "", 0, prompt=False, imports=imports),)


def session(text: str, here: Place, prose: bool = False) -> tuple[Step, ...]:
    """Split a session into its prompts; refuse each line that would not count.

    `prose` allows text between the examples, as in a docstring.
    """
    try:
        pieces = doctest.DocTestParser().parse(text)
    except ValueError as error:
        raise GuideError(f"{here}: {error}") from None
    steps = []
    for piece in pieces:
        if isinstance(piece, doctest.Example):
            steps.append(Step(piece.source, piece.want, piece.lineno))
        elif piece.strip() and not prose:
            raise GuideError(f"{here}: nothing runs or compares {piece.strip().splitlines()[0]!r}")
    prompts = re.findall(r"^ *>>>", text, re.MULTILINE)
    if not prompts:
        raise GuideError(f"{here}: a pycon fence without a prompt")
    if len(prompts) != len(steps):
        raise GuideError(f"{here}: a prompt with nothing but a comment behind it")
    for step in steps:
        _check(step, here)
    return tuple(steps)


def _check(step: Step, here: Place) -> None:
    if "doctest:" in step.source:
        raise GuideError(f"{here}: no doctest directives; every example runs")
    error = step.want.replace(TRACEBACK + STACK, "")
    if TRACEBACK in error or (error != step.want and error.startswith((" ", "\t"))):
        raise GuideError(f"{here}: the stack of a traceback is written as one line, '  ...', "
                         "since it is not compared")
    if "assert" in step.source and parses(step.source) and any(
            map(_swallows_assert, ast.walk(parsed(step.source)))):
        raise GuideError(f"{here}: an assert in a try or suppress cannot fail")


def _swallows_assert(node: ast.AST) -> bool:
    """Whether an assert stands where an error of it would not be seen."""
    if isinstance(node, ast.With):
        swallows = any("suppress" in ast.unparse(item.context_expr) for item in node.items)
    else:
        swallows = isinstance(node, ast.Try) and bool(node.handlers)
    return swallows and any(isinstance(inner, ast.Assert)
                            for statement in node.body for inner in ast.walk(statement))
