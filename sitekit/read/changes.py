"""changes.txt: what a reader finds changed, page by page, and where old addresses lead.

A line holds a date, a page and what changed. The list only ever grows, so it knows each
address that there ever was. `Moved to other.md` makes the old address lead to the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .place import GuideError

CHANGES = "changes.txt"
NEW = "New"
_LINE = re.compile(r"(?P<date>\d{4}-\d\d-\d\d) +(?P<page>[\w/-]+\.md) +(?P<what>\S.*)")
_MOVED = re.compile(r"Moved to (?P<page>[\w/-]+\.md)")


@dataclass(frozen=True)
class Change:
    """What changed on a page; `page` is below docs/."""

    date: str
    page: str
    what: str

    @property
    def moved_to(self) -> str:
        found = _MOVED.fullmatch(self.what)
        return found["page"] if found else ""


def changes(text_of: Callable[[str], str]) -> list[Change]:
    """All changes, the newest first. GuideError for a line that is none."""
    try:
        lines = text_of(CHANGES).splitlines()
    except FileNotFoundError:
        lines = []
    found: list[Change] = []
    for number, line in enumerate(lines, 1):
        if line and not line.startswith("#"):
            change = _LINE.fullmatch(line)
            if not change or (found and found[-1].date > change["date"]):
                raise GuideError(f"{CHANGES}:{number}: not a date, a page and what "
                                 f"changed, below older changes: {line!r}")
            found.append(Change(**change.groupdict()))
    return found[::-1]


def redirects(listed: list[Change], pages: set[str]) -> dict[str, str]:
    """Old addresses and the page that each leads to, both below docs/.

    GuideError for an address that is gone and leads nowhere, or leads to no page.
    """
    moved: dict[str, str] = {}
    for change in reversed(listed):
        if change.moved_to:
            moved[change.page] = change.moved_to
    found = {}
    for page in sorted({change.page for change in listed} - pages):
        target, seen = moved.get(page, ""), {page}
        while target in moved and target not in pages and target not in seen:
            seen.add(target)
            target = moved[target]
        if target not in pages:
            raise GuideError(
                f"{CHANGES}: {page} was there once and is gone: "
                + (f"it leads to {target}, which is no page" if target else
                   f"say where it leads, by `make moved OLD={page.removesuffix('.md')} NEW=...`"))
        found[page] = target
    return found
