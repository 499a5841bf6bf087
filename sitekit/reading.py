"""The one reading of a page: its text after includes, and the examples in it.

The site, the test harness, the copy button and the notebooks all use this
reading, so none of them can disagree about what an example is.
"""

from __future__ import annotations

import ast
import doctest
import hashlib
import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

import markdown
import yaml
from pymdownx.snippets import SnippetExtension, SnippetPreprocessor

try:
    from mkdocs.exceptions import BuildError as _Error
except ImportError:  # the examples run without mkdocs
    _Error = Exception

ROOT = Path(__file__).resolve().parents[1]
FENCES = {"python", "pycon", "text", "console"}
TRACEBACK = "Traceback (most recent call last):\n"
CONDITION = re.compile(r"torch (?P<sign><|>=) (?P<version>\d+\.\d+)|(?P<device>cpu|cuda)")

_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,}|~{3,})(?P<info>.*)$")
_INCLUDE = re.compile(
    r'^ *--8<-- "(?P<path>[\w/.-]+):(?P<section>[a-z][\w-]*)"$')
_OTHERWISE = re.compile(r'pycon title="(?P<condition>[^"]*)"')
MARKER = re.compile(
    r"^ *# --8<-- \[(?P<kind>start|end):(?P<name>[a-z][\w-]*)\]$")
_FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)


class PageError(_Error):
    """A page that cannot be trusted; the message says where, in one line."""


@dataclass(frozen=True)
class Origin:
    """A line of a file, as an editor counts it."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Step:
    """One prompt of a session, or a whole block of definitions."""

    source: str
    want: str
    line: int  # within the block, from 0
    prompt: bool = True
    imports: str = ""  # what the section of a snippet needs before it


    @property
    def expected(self) -> str:
        """The expected output without the stack of a traceback and without marks."""
        stack = rf"^({re.escape(TRACEBACK)})(?:[ \t].*\n)*"
        want = re.sub(stack, r"\1", self.want, flags=re.MULTILINE)
        return without_trailing_spaces(want.replace("<BLANKLINE>", ""))


@dataclass(frozen=True)
class Example:
    """One Python block of a page, as the site shows it."""

    language: str
    text: str
    line: int  # of the expanded text, from 0
    page: Origin
    snippet: Origin | None = None
    steps: tuple[Step, ...] = ()
    condition: str = ""  # where the block before has other outputs, and these hold

    @property
    def digest(self) -> str:
        return digest(self.text)

    @property
    def where(self) -> str:
        return f"{self.page} ({self.snippet})" if self.snippet else str(self.page)

    @property
    def copied(self) -> str:
        """What the copy button gives: source only, with the imports it needs."""
        return "".join(step.imports + step.source for step in self.steps)


@dataclass
class Reading:
    """A page after its includes, line by line, with its examples."""

    path: str
    source: str = ""  # before its includes
    lines: list[str] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    snippets: list[Origin | None] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    sections: set[tuple[str, str]] = field(default_factory=set)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def examples_on(self, device: str, torch: str) -> list[Example]:
        """The examples with the outputs that hold on a device and a version of torch."""
        held: list[Example] = []
        for example in self.examples:
            if not example.condition:
                held.append(example)
            elif holds(example.condition, device, torch):
                held[-1] = example
        return held


def holds(condition: str, device: str, torch: str) -> bool:
    """Whether `torch < 2.13`, `torch >= 2.15`, `cpu` or `cuda` is true."""
    found = CONDITION.fullmatch(condition)
    if found["device"]:
        return found["device"] == device
    here, there = (tuple(map(int, version.split(".")[:2])) for version in (torch, found["version"]))
    return here < there if found["sign"] == "<" else here >= there


def without_trailing_spaces(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.rstrip("\n").split("\n"))


def digest(text: str) -> str:
    return hashlib.sha256(text.strip("\n").encode()).hexdigest()[:16]


def front_matter(text: str) -> dict:
    """The YAML between the first two `---` lines; empty where there is none."""
    found = _FRONT_MATTER.match(text)
    return _yaml(found[1]) if found else {}


@lru_cache(1000)
def _yaml(text: str) -> dict:
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}


def pages() -> list[Path]:
    """Every page of the guide. PageError where two share a stem, index pages apart."""
    found = sorted((ROOT / "docs").rglob("*.md"))
    stems: dict[str, Path] = {}
    for path in found:
        stem = path.stem.replace("_", "-")
        first = stems.setdefault(stem, path)
        if first != path and stem != "index":
            raise PageError(f"{relative(path)}: {relative(first)} has the same stem")
    return found


def read_pages() -> list[Reading]:
    """Read the whole guide. PageError where no page shows a section of a snippet."""
    readings = [read_page(path) for path in pages()]
    shown = set().union(*(reading.sections for reading in readings))
    for file in sorted((ROOT / "snippets").rglob("*.py")):
        for name, lines in sections(file).items():
            if (relative(file), name) not in shown:
                raise PageError(
                    f"{Origin(relative(file), lines[0] - 1)}: no page shows section '{name}'")
    return readings


def files() -> list[Path]:
    """Every file with examples: README.md, the pages and the snippets."""
    return [ROOT / "README.md", *pages(), *sorted((ROOT / "snippets").rglob("*.py"))]


def read_page(path: Path) -> Reading:
    """Read a page, or README.md. Raises PageError where it cannot be trusted."""
    return read_text(path.read_text(), path)


def read_text(text: str, path: Path) -> Reading:
    """Read what a page would be with this text; in README.md nothing is included."""
    if not path.is_relative_to(ROOT / "docs"):
        return read(text.split("\n"), relative(path), include=False)
    start = _FRONT_MATTER.match(text)
    above = start[0].count("\n") if start else 0
    return read(text.split("\n")[above:], relative(path), above)


def read(lines: list[str], path: str, above: int = 0, include: bool = True) -> Reading:
    """Read Markdown lines that stand `above` lines below the top of `path`."""
    reading = Reading(path, "\n".join(lines))
    for number, line in enumerate(lines, above + 1):
        here = Origin(path, number)
        if "8<-" in line and include:
            _expand(line, here, reading)
        else:
            reading.lines.append(line)
            reading.origins.append(here)
            reading.snippets.append(None)
    if include and reading.lines != _preprocessor().run(list(lines)):
        raise PageError(f"{path}: the site would include other text than this reading")
    _find_examples(reading)
    return reading


def relative(path: Path) -> str:
    path = path.resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


# --- includes ---------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """mkdocs.yml, whose tags only MkDocs understands."""


_Loader.add_constructor(
    "!relative",
    lambda loader, node: node.value.replace("$config_dir", str(ROOT)))
for tag in ("tag:yaml.org,2002:python/", "!"):  # !ENV, say
    _Loader.add_multi_constructor(tag, lambda loader, suffix, node: suffix)


@cache
def snippet_options() -> dict:
    config = yaml.load((ROOT / "mkdocs.yml").read_text(), _Loader)
    for extension in config["markdown_extensions"]:
        if isinstance(extension, dict) and "pymdownx.snippets" in extension:
            return extension["pymdownx.snippets"]
    raise PageError("mkdocs.yml: pymdownx.snippets has no options")


@cache
def _preprocessor() -> SnippetPreprocessor:
    extension = SnippetExtension(**snippet_options())
    return SnippetPreprocessor(extension.getConfigs(), markdown.Markdown())


def _expand(line: str, here: Origin, reading: Reading) -> None:
    asked = _INCLUDE.match(line)
    if not asked:
        raise PageError(f'{here}: an include is --8<-- "path.py:section" and nothing else')
    file = ROOT / "snippets" / asked["path"]
    if not file.is_file():
        raise PageError(f"{here}: there is no file snippets/{asked['path']}")
    found = sections(file).get(asked["section"])
    if found is None:
        raise PageError(f"{here}: snippets/{asked['path']} has no section '{asked['section']}'")
    new, path = _preprocessor().run([line]), relative(file)
    reading.lines += new
    reading.origins += [here] * len(new)
    reading.snippets += [Origin(path, number) for number in found]
    reading.sections.add((path, asked["section"]))


def sections(file: Path) -> dict[str, list[int]]:
    """The line numbers of each section of a snippet file, markers left out.

    Raises PageError for a marker that is malformed, doubled or not closed.
    """
    return _sections(relative(file), file.read_text())


@lru_cache(1000)
def _sections(path: str, text: str) -> dict[str, list[int]]:
    opened: dict[str, int] = {}
    found: dict[str, list[int]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if "8<-" not in line:
            for name in opened:
                found[name].append(number)
            continue
        here = Origin(path, number)
        marker = MARKER.match(line)
        if not marker:
            raise PageError(f"{here}: a marker is # --8<-- [start:name] and nothing else")
        name = marker["name"]
        if marker["kind"] == "start":
            if name in found:
                raise PageError(f"{here}: section '{name}' is doubled")
            opened[name], found[name] = number, []
        elif opened.pop(name, None) is None:
            raise PageError(f"{here}: section '{name}' ends but does not start")
    for name, number in opened.items():
        raise PageError(f"{Origin(path, number)}: section '{name}' is not closed")
    return found


def needs(file: str, text: str) -> str:
    """What a section of a snippet file needs before it: imports and other snippets' code.

    What the file imports from another snippet is written out, so that the copy
    needs nothing of this repository.
    """
    imports: dict[str, set[str]] = {}
    definitions: dict[str, None] = {}

    def resolve(file: str, text: str) -> None:
        section = _parsed(text)
        used = {node.id for node in ast.walk(section) if isinstance(node, ast.Name)}
        used -= {getattr(node, "name", None) for node in section.body}
        module = (ROOT / file).read_text()
        for node in _parsed(module).body:
            if getattr(node, "name", None) in used:
                resolve_name(file, node.name)
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [a for a in node.names if (a.asname or a.name).split(".")[0] in used]
                source = getattr(node, "module", "")
                if source.startswith("snippets."):
                    other = source.replace(".", "/") + ".py"
                    for alias in names:
                        resolve_name(other, alias.name)
                elif names:
                    imports.setdefault(source, set()).update(map(ast.unparse, names))

    def resolve_name(file: str, name: str) -> None:
        module = (ROOT / file).read_text()
        for node in _parsed(module).body:
            if getattr(node, "name", None) == name:
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                text = "\n".join(module.split("\n")[first - 1:node.end_lineno])
                resolve(file, text)
                definitions[text] = None

    resolve(file, text)
    lines = [f"from {source} import {', '.join(sorted(names))}" if source else
             "\n".join(f"import {name}" for name in sorted(names))
             for source, names in sorted(imports.items())]
    above = ["\n".join(lines), *definitions]
    return "".join(part + "\n\n\n" for part in above if part)


# --- examples ---------------------------------------------------------------


def _find_examples(reading: Reading) -> None:
    opened = None
    for index, line in enumerate(reading.lines):
        fence = _FENCE.match(line)
        if opened is None:
            if fence:
                opened = index, fence
            continue
        start, top = opened
        closes = (fence and not fence["info"].strip()
                  and fence["ticks"].startswith(top["ticks"])
                  and len(fence["indent"]) == len(top["indent"]))
        if closes:
            _add_block(reading, start, index, top)
            opened = None
    if opened:
        raise PageError(f"{reading.origins[opened[0]]}: this fence is not closed")


def _add_block(reading: Reading, start: int, end: int, fence: re.Match) -> None:
    language, here, condition = fence["info"], reading.origins[start], ""
    if otherwise := _OTHERWISE.fullmatch(language):
        language, condition = "pycon", otherwise["condition"]
    if language not in FENCES:
        raise PageError(f"{here}: a fence is followed by one of {', '.join(sorted(FENCES))}"
                        f" and nothing else, not {language!r}")
    indent = len(fence["indent"])
    body = reading.lines[start + 1:end]
    text = "\n".join(line[indent:] for line in body) + "\n"
    if language in ("python", "pycon"):
        first = start + 1
        snippet = reading.snippets[first]
        if language == "python" and len(set(reading.origins[first:end])) > 1:
            raise PageError(f"{here}: a python fence holds one include; a session is a pycon fence")
        steps = (session if language == "pycon" else _definitions)(text, here, snippet)
        example = Example(language, text, first, reading.origins[first], snippet, steps, condition)
        if condition:
            _check_condition(example, reading.examples[-1] if reading.examples else None, here)
        reading.examples.append(example)
    elif is_python(text):
        raise PageError(f"{here}: this {language} fence is Python, and would not run")


def _check_condition(example: Example, before: Example | None, here: Origin) -> None:
    if not CONDITION.fullmatch(example.condition):
        raise PageError(f"{here}: a condition is torch < 2.13, torch >= 2.15, cpu or cuda, "
                        f"not {example.condition!r}")
    if before is None or [s.source for s in before.steps] != [s.source for s in example.steps]:
        raise PageError(f"{here}: other outputs stand behind the session whose they are")
    if [s.want for s in before.steps] == [s.want for s in example.steps]:
        raise PageError(f"{here}: the condition {example.condition!r} makes no difference")


def is_python(text: str) -> bool:
    """Whether a reader would take a block of text for an example."""
    return "torch" in text and (">>>" in text or _parses(text))


@lru_cache(1000)
def _parsed(text: str) -> ast.Module:
    """The tree of a text, which nobody changes."""
    return ast.parse(text)


def _parses(text: str) -> bool:
    try:
        _parsed(text)
    except SyntaxError:
        return False
    return True


def _definitions(text: str, here: Origin, snippet: Origin | None) -> tuple[Step, ...]:
    if not _parses(text):
        hint = "; a session is a pycon fence" if ">>>" in text else ""
        raise PageError(f"{here}: this python fence is not Python{hint}")
    imports = needs(snippet.path, text) if snippet else ""
    return (Step(text, "", 0, prompt=False, imports=imports),)


def session(text: str, here: Origin, snippet: Origin | None = None,
            prose: bool = False) -> tuple[Step, ...]:
    """Split a session into its prompts; refuse each line that would not count.

    `prose` allows text between the examples, as in a docstring.
    """
    try:
        pieces = doctest.DocTestParser().parse(text)
    except ValueError as error:
        raise PageError(f"{here}: {error}") from None
    steps = []
    for piece in pieces:
        if isinstance(piece, doctest.Example):
            steps.append(Step(piece.source, piece.want, piece.lineno))
        elif piece.strip() and not prose:
            raise PageError(f"{here}: nothing runs or compares {piece.strip().splitlines()[0]!r}")
    prompts = re.findall(r"^ *>>>", text, re.MULTILINE)
    if not prompts:
        raise PageError(f"{here}: a pycon fence without a prompt")
    if len(prompts) != len(steps):
        raise PageError(f"{here}: a prompt with nothing but a comment behind it")
    if any("doctest:" in step.source for step in steps):
        raise PageError(f"{here}: no doctest directives; every example runs")
    return tuple(steps)
