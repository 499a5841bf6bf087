"""The sentences of a page by the place where they stand, and what is to be asked of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .page import Page

QUANTIFIES = re.compile(
    r"\b(?:always|never|only|any|every|each|all|no|none|nothing|cannot|must|both)\b", re.IGNORECASE)
NUMBER = re.compile(
    r"(?<![\w.(\[-])(?:\d+\.\d+|\d[\d,]+|\d+(?= ?(?:%|×|percent|times|fold)))(?!\w)")
NEGATES = re.compile(r"\b(?:no|not|nothing|never|without|only|neither|nor|none|cannot)\b|n't\b",
                     re.IGNORECASE)
OPENS_INVERTED = re.compile(r"(?:Whether|Which|That|What)\b")
SAID_FIRST = ("title", "description", "heading", "lead")  # what a reader sees first

_CODE = re.compile(r"`+[^`]*`+")
_FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$\n]*\$", re.DOTALL)
_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\]]*\])*)\]\([^)]*\)")
_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_IMAGE = re.compile(r"!\[([^\]]*)\]")
_END = re.compile(r"(?<=[.!?:;])\s+(?=[A-Z`*\[(0-9$\"'])")
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|do|does|did|can|could|will|would|may|might|must|need|"
    r"needs|\w{2,}(?:s|ed|ing|es))\b|^(?:Take|Use|Call|Make|Give|Write|Look|Ask|Try|Run|Print|Let|Keep|"
    r"Put|Compare|Count|Pass|Set|Add|Say|See|Train|Build|Wrap|Turn|Read|Load|Save)\b", re.MULTILINE)


@dataclass(frozen=True)
class Sentence:
    """A sentence without its marks, as a reader reads it, and the line where it begins, from 0."""

    place: str  # title, description, heading, lead, bold, table, figure, text, before code
    text: str
    line: int = 0

    @property
    def bare(self) -> str:
        """The words outside code and formulas."""
        return _FORMULA.sub("", _CODE.sub("", self.text))

    @property
    def needs_proof(self) -> bool:
        """Whether it speaks of a set, or gives a number."""
        return bool(QUANTIFIES.search(self.bare) or NUMBER.search(self.bare))

    @property
    def negates_twice(self) -> bool:
        return len(NEGATES.findall(self.bare)) > 1

    @property
    def has_verb(self) -> bool:
        return bool(_VERB.search(self.bare))


def plain(text: str) -> str:
    """Text on one line without links and marks; code stays as it is, in its quotes."""
    code: list[str] = []

    def taken(found: re.Match[str]) -> str:
        code.append(found[0])
        return f"\0{len(code) - 1}\0"

    text = re.sub(r"\{[^{}]*\}", "", _LINK.sub(r"\1", _CODE.sub(taken, text)))
    unmarked = re.sub(r"\*\*|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)", "", text)
    whole = re.sub(r"\0(\d+)\0", lambda found: code[int(found[1])], unmarked)
    return re.sub(r"\s+", " ", whole).strip()


def split(text: str) -> list[str]:
    """The sentences of a text."""
    return [sentence for sentence in (plain(part) for part in _END.split(text)) if sentence]


def sentences(page: Page) -> Iterator[Sentence]:
    """The sentences of a page, those that a reader sees first at the beginning."""
    for name in ("title", "description"):
        yield from (Sentence(name, text) for text in split(page.meta.get(name, "")))
    for heading in page.headings:
        yield Sentence("heading", plain(heading.title), heading.line)
    levels = [heading.line for heading in page.headings]
    lead = range(levels[0] + 1, levels[1] if len(levels) > 1 else len(page.lines)) if levels else ()
    before_code = False
    for first, paragraph in paragraphs(page):
        text = "\n".join(paragraph)
        place = "table" if paragraph[0].lstrip().startswith("|") else (
            "lead" if first in lead else "text")
        parts = [plain(cell) for row in paragraph for cell in row.strip().strip("|").split("|")
                 if cell.strip(" -:")] if place == "table" else split(text)
        for number, part in enumerate(parts):
            is_last = number == len(parts) - 1
            before_code = place == "text" and is_last and page.lines[
                first + len(paragraph):first + len(paragraph) + 2][-1:] != [] and any(
                line.lstrip().startswith("```")
                for line in page.lines[first + len(paragraph):first + len(paragraph) + 2])
            yield Sentence("before code" if before_code else place, part, first)
        yield from (Sentence("bold", plain(found), first) for found in _BOLD.findall(text))
        yield from (Sentence("figure", plain(found), first) for found in _IMAGE.findall(text))


def paragraphs(page: Page) -> Iterator[tuple[int, list[str]]]:
    """The paragraphs outside fences and headings, each with its first line."""
    kept: list[str] = []
    first, fenced = 0, False
    titles = {heading.line for heading in page.headings}
    for number, line in enumerate([*page.lines, ""]):
        is_fence = line.lstrip().startswith(("```", "~~~"))
        if is_fence:
            fenced = not fenced
        is_text = not fenced and not is_fence and number not in titles and line.strip()
        starts_item = re.match(r"\s*(?:[-*]|\d+\.) ", line)
        if kept and (not is_text or starts_item):
            yield first, kept
            kept = []
        if is_text:
            if not kept:
                first = number
            kept.append(line)
