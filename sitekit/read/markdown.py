"""Where fences and headings stand in the lines of a page, found here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_FENCE = re.compile(r"(?P<indent> *)(?P<ticks>`{3,}|~{3,})(?P<info>.*)")
_HEADING = re.compile(r"(?P<marks>#{1,6}) +(?P<title>.*?)(?: *\{ *#(?P<anchor>[\w-]+) *\})? *")


@dataclass(frozen=True)
class Fence:
    """A fenced block: the line of its opening and of its end, from 0; no end where it is open."""

    first: int
    last: int | None
    indent: int
    info: str


@dataclass(frozen=True)
class Heading:
    """A heading and its line, from 0; no anchor where it has none of its own."""

    level: int
    title: str
    anchor: str
    line: int


def fences(lines: Sequence[str]) -> Iterator[Fence]:
    """The fences of a text, in their order."""
    opened: tuple[int, re.Match[str]] | None = None
    for number, line in enumerate(lines):
        found = _FENCE.fullmatch(line)
        if not found:
            continue
        if opened is None:
            opened = number, found
            continue
        first, top = opened
        if (not found["info"].strip() and found["ticks"].startswith(top["ticks"])
                and len(found["indent"]) == len(top["indent"])):
            yield Fence(first, number, len(top["indent"]), top["info"])
            opened = None
    if opened is not None:
        first, top = opened
        yield Fence(first, None, len(top["indent"]), top["info"])


def outside(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines outside fences, each with its number from 0."""
    inside = {number for fence in fences(lines)
              for number in range(fence.first, (fence.last or len(lines)) + 1)}
    return ((number, line) for number, line in enumerate(lines) if number not in inside)


def prose(lines: Sequence[str]) -> str:
    """The text outside fences."""
    return "\n".join(line for _, line in outside(lines))


def headings(lines: Sequence[str]) -> list[Heading]:
    """The headings outside fences."""
    return [Heading(len(found["marks"]), found["title"], found["anchor"] or "", number)
            for number, line in outside(lines) if (found := _HEADING.fullmatch(line))]


def section(found: Sequence[Heading], anchor: str, length: int) -> range | None:
    """The lines of a section with those below it; of the title's, the whole page of a length."""
    start = next((h for h in found if h.anchor == anchor), None)
    if start is None:
        return None
    end = next((h.line for h in found if h.line > start.line and 1 < h.level <= start.level),
               length)
    return range(start.line, end)
