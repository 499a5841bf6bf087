"""The lists beside the tests, in TOML: claims, what is not run, where everything runs."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, field, fields

from .environment import Environment
from .place import GuideError

EXCLUSIONS = "tests/exclusions.toml"
ENVIRONMENTS = "tests/environments.toml"


@dataclass(frozen=True)
class Exclusion:
    """A step of a file, or a line of it, that does not run on a device."""

    file: str
    source: str
    device: str
    reason: str


@dataclass(frozen=True)
class Claim:
    """A claim of a page and the smallest edit that makes it false; its section must then fail."""

    list: str  # the file that has the claim
    page: str
    section: str
    says: str
    old: str
    new: str
    file: str = ""  # where the edit is, if not in the page
    error: str = ""  # the type of the error that the edit ends in, if no output differs
    step: str = ""  # the step of which many believe that it prints `belief`
    belief: str = ""

    def __str__(self) -> str:
        return f"{self.list}: {self.says}"


@dataclass(frozen=True)
class Proved:
    """What proves a sentence: a step of the page (>>> ...), a claim, or a test.

    `says` is part of the sentence as a reader reads it. `by` begins with `>>> `, with `claim: `
    and what the claim says, or is the name of a test beside the page or `tests/file.py::test`.
    """

    list: str
    says: str
    by: str

    def __str__(self) -> str:
        return f"{self.list}: {self.says!r}"


@dataclass(frozen=True)
class Beside:
    """What stands beside a page's test."""

    claims: tuple[Claim, ...] = ()
    proved: tuple[Proved, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)  # wrong version: why no guard is tried


def beside(page: str) -> str:
    """The list of `docs/a/b-c.md`: `tests/a/b_c.toml`."""
    return f"tests/{page.removeprefix('docs/').removesuffix('.md').replace('-', '_')}.toml"


def load(path: str, text_of: Callable[[str], str]) -> dict:
    """A TOML file; empty where there is none. GuideError where it is not TOML."""
    try:
        return tomllib.loads(text_of(path))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise GuideError(f"{path}: not TOML: {error}") from None


def rows(path: str, table: dict, name: str, kind: type, **given: str) -> Iterator:
    """The entries `[[name]]` of a list, as `kind`. GuideError for a field too few or too many."""
    wanted = [f.name for f in fields(kind) if f.name not in given]
    needed = [f.name for f in fields(kind) if f.default is MISSING and f.name in wanted]
    found = table.get(name, [])
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise GuideError(f"{path}: entries begin with [[{name}]]")
    for number, row in enumerate(found, 1):
        here = f"{path}: {name} {number}"
        if unknown := set(row) - set(wanted):
            raise GuideError(f"{here} has {min(unknown)!r}; it may have {', '.join(wanted)}")
        if missing := [key for key in needed if key not in row]:
            raise GuideError(f"{here} lacks {missing[0]!r}")
        if wrong := [key for key, value in row.items() if not isinstance(value, str)]:
            raise GuideError(f"{here}: {wrong[0]} is no text")
        yield kind(**given, **row)


def exclusions(text_of: Callable[[str], str]) -> list[Exclusion]:
    return list(rows(EXCLUSIONS, load(EXCLUSIONS, text_of), "exclusion", Exclusion))


def environments(text_of: Callable[[str], str]) -> list[Environment]:
    return list(rows(ENVIRONMENTS, load(ENVIRONMENTS, text_of), "environment", Environment))


def listed_beside(page: str, text_of: Callable[[str], str]) -> Beside:
    path = beside(page)
    table = load(path, text_of)
    if unknown := set(table) - {"claim", "proved", "left_out"}:
        raise GuideError(
            f"{path}: {min(unknown)!r} is neither [[claim]] nor [[proved]] nor [left_out]")
    return Beside(tuple(rows(path, table, "claim", Claim, list=path, page=page)),
                  tuple(rows(path, table, "proved", Proved, list=path)),
                  table.get("left_out", {}))
