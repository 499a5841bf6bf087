"""The one reading of a page: its text after includes, and the examples in it.

The site, the test harness, the copy button and the notebooks all use this
reading, so none of them can disagree about what an example is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from textwrap import dedent

import yaml

from . import markdown
from .needed import needed, written_out
from .place import GuideError, Place
from .session import Step, definitions, is_python, session
from .snippet import excerpts

LANGUAGES = ("console", "pycon", "python", "text")

_INCLUDE = re.compile(
    r'(?P<indent> *)--8<-- "(?P<path>(?:\w[\w-]*/)*\w[\w-]*\.py):(?P<name>[a-z][\w-]*)"')
_FROM_SNIPPETS = re.compile(r"\b(?:from|import) snippets\b")
_OUTPUT = re.compile(r"(?:\A|(?<!\\)\n)(?!\$ )[^\n]+")
_OTHERWISE = re.compile(r'pycon title="(?P<condition>[^"]*)"')
_FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)
_FIELDS = {"title": str, "description": str, "order": int, "notebook": bool, "hide": list,
           "libraries": list, "since": str, "group": str, "asked": list, "near": list}


@dataclass(frozen=True)
class Example:
    """One Python block of a page, as the site shows it."""

    language: str
    text: str
    line: int  # of the expanded text, from 0
    at: Place
    snippet: Place | None = None
    steps: tuple[Step, ...] = ()
    condition: str = ""  # where the block before has other outputs, and these hold

    @property
    def digest(self) -> str:
        return digest(self.text)

    @property
    def where(self) -> str:
        return f"{self.at} ({self.snippet})" if self.snippet else str(self.at)

    @property
    def copied(self) -> str:
        """What the copy button gives: source only, with the imports it needs."""
        return "".join(step.copied for step in self.steps)


@dataclass
class Page:
    """A page after its includes, line by line, with its examples."""

    path: str  # docs/shapes/squeeze.md
    meta: Mapping = field(default_factory=dict)  # the front matter
    source: str = ""  # below the front matter, before its includes
    lines: list[str] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)  # of each line, in the page
    snippets: list[Place | None] = field(default_factory=list)  # and in the snippet it is from
    examples: list[Example] = field(default_factory=list)
    others: list[str] = field(default_factory=list)  # the texts of the other fences
    excerpts: set[tuple[str, str]] = field(default_factory=set)  # what it shows: file and name

    @property
    def name(self) -> str:
        """The path below docs/, as links have it."""
        return self.path.removeprefix("docs/")

    @property
    def folder(self) -> str:
        return self.name.rpartition("/")[0]

    @property
    def is_index(self) -> bool:
        return self.name.rpartition("/")[2] == "index.md"

    @property
    def address(self) -> str:
        """The address below the home page: `a/b/`, and nothing for the home page itself."""
        return re.sub(r"(?:^|(?<=/))index/$", "", self.name.removesuffix(".md") + "/")

    @property
    def title(self) -> str:
        return self.meta.get("title", self.name)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @cached_property
    def headings(self) -> list[markdown.Heading]:
        return markdown.headings(self.lines)

    @cached_property
    def prose(self) -> str:
        return markdown.prose(self.lines)

    def anchor_of(self, line: int) -> str:
        """The anchor of the section in which a line of the expanded text stands."""
        above = [h.anchor for h in self.headings if h.line <= line]
        return above[-1] if above else ""

    def section(self, anchor: str) -> range | None:
        """The lines of a section, or nothing where the page has none of this name."""
        return markdown.section(self.headings, anchor, len(self.lines))


def digest(text: str) -> str:
    return hashlib.sha256(text.strip("\n").encode()).hexdigest()[:16]


def read(path: str, text: str, text_of: Callable[[str], str] | None = None) -> Page:
    """Read the text of a page, or of README.md, where nothing is included.

    `text_of` gives the text of a file of the guide; it raises FileNotFoundError.
    Raises GuideError where the page cannot be trusted.
    """
    meta, above = front_matter(path, text) if text_of else ({}, 0)
    lines = text.split("\n")[above:]
    page = Page(path, meta, "\n".join(lines))
    for number, line in enumerate(lines, above + 1):
        here = Place(path, number)
        if "8<-" in line and text_of:
            _include(line, here, page, text_of)
        else:
            page.lines.append(line)
            page.places.append(here)
            page.snippets.append(None)
    for fence in markdown.fences(page.lines):
        _add_block(page, fence, text_of)
    _check_includes(page)
    _check_headings(page)
    return page


# --- front matter ---------------------------------------------------------------


def front_matter(path: str, text: str) -> tuple[dict, int]:
    """The YAML between the first two `---` lines, and the number of lines that it takes."""
    found = _FRONT_MATTER.match(text)
    return (_front_matter(path, found[1]), found[0].count("\n")) if found else ({}, 0)


@lru_cache(2000)
def _front_matter(path: str, text: str) -> dict:
    try:
        found = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        here = Place(path, mark.line + 2 if mark else 1)
        raise GuideError(f"{here}: the front matter is not YAML: "
                         f"{getattr(error, 'problem', None) or error}") from None
    if not isinstance(found, dict):
        raise GuideError(f"{path}:2: the front matter is no list of fields, as title: ...")
    for name, value in found.items():
        if name not in _FIELDS:
            raise GuideError(f"{path}: the front matter has a field {name!r}; it may have "
                             f"{', '.join(_FIELDS)}")
        if not isinstance(value, _FIELDS[name]) or (_FIELDS[name] is int and value is True):
            wanted = {str: "a text", int: "a number", bool: "true or false",
                      list: "a list"}[_FIELDS[name]]
            raise GuideError(
                f"{path}: {name} in the front matter is {value!r}; it must be {wanted}")
    return found


# --- includes -------------------------------------------------------------------


def _include(line: str, here: Place, page: Page, text_of: Callable[[str], str]) -> None:
    asked = _INCLUDE.fullmatch(line)
    if not asked:
        raise GuideError(f'{here}: an include is --8<-- "path.py:section" and nothing else')
    path = f"snippets/{asked['path']}"
    try:
        text = text_of(path)
    except FileNotFoundError:
        raise GuideError(f"{here}: there is no file {path}") from None
    found = excerpts(path, text).get(asked["name"])
    if found is None:
        raise GuideError(f"{here}: {path} has no section '{asked['name']}'")
    rows = text.split("\n")
    shown = dedent("\n".join(rows[number - 1] for number in found)).split("\n") if found else []
    page.lines += [asked["indent"] + row for row in shown]
    page.places += [here] * len(found)
    page.snippets += [Place(path, number) for number in found]
    page.excerpts.add((path, asked["name"]))


def _check_includes(page: Page) -> None:
    """What is included must stand in a fence that runs."""
    shown = {example.line + number for example in page.examples if example.snippet
             for number in range(example.text.count("\n"))}
    for number, snippet in enumerate(page.snippets):
        if snippet and number not in shown:
            raise GuideError(f"{page.places[number]}: an include stands in a python fence, "
                             "where it runs")


def _check_headings(page: Page) -> None:
    seen: set[str] = set()
    for heading in page.headings:
        if heading.anchor and heading.anchor in seen:
            raise GuideError(f"{page.places[heading.line]}: a second heading #{heading.anchor}")
        seen.add(heading.anchor)


# --- examples -------------------------------------------------------------------


def _add_block(page: Page, fence: markdown.Fence, text_of: Callable[[str], str] | None) -> None:
    language, here, condition = fence.info, page.places[fence.first], ""
    if fence.last is None:
        raise GuideError(f"{here}: this fence is not closed")
    if otherwise := _OTHERWISE.fullmatch(language):
        language, condition = "pycon", otherwise["condition"]
    if language not in LANGUAGES:
        raise GuideError(f"{here}: a fence is followed by one of {', '.join(LANGUAGES)}"
                         f" and nothing else, not {language!r}")
    first = fence.first + 1
    text = "".join(line[fence.indent:] + "\n" for line in page.lines[first:fence.last])
    if language not in ("python", "pycon"):
        if is_python(text):
            raise GuideError(f"{here}: this {language} fence is Python, and would not run")
        if language == "console" and (output := _OUTPUT.search(text)):
            raise GuideError(f"{here}: a console fence holds commands, each after a $, and nothing "
                             f"that they print: {output[0].strip()!r}")
        page.others.append(text)
        return
    snippet = page.snippets[first]
    if language == "pycon":
        steps = session(text, here)
        if text_of:
            steps = tuple(replace(step, written_out=written_out(text_of, step.source))
                          for step in steps)
            if any(_FROM_SNIPPETS.search(step.source) and not step.written_out for step in steps):
                raise GuideError(f"{here}: what a copy button gives would not run: the import of "
                                 "a snippet is a prompt of its own, `>>> from snippets.…`")
    else:
        if len(set(page.places[first:fence.last])) > 1:
            raise GuideError(
                f"{here}: a python fence holds one include; a session is a pycon fence")
        imports = needed(text_of, snippet.path, text) if text_of and snippet else ""
        steps = definitions(text, here, imports)
    example = Example(language, text, first, page.places[first], snippet, steps, condition)
    if condition:
        plain = (other for other in reversed(page.examples) if not other.condition)
        _check_condition(example, next(plain, None), here)
    page.examples.append(example)


def _check_condition(example: Example, before: Example | None, here: Place) -> None:
    if before is None or [s.source for s in before.steps] != [s.source for s in example.steps]:
        raise GuideError(f"{here}: other outputs stand behind the session whose they are")
    if [s.want for s in before.steps] == [s.want for s in example.steps]:
        raise GuideError(f"{here}: the condition {example.condition!r} makes no difference")
