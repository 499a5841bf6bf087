"""`make changes`: enter new pages in changes.txt, the list of what changed, page by page.

A line holds a date, a page and what a reader finds changed. The list is kept by hand and
only ever grows, so it also knows each address that the guide ever had.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from . import reading

NEW = "New"
_LINE = re.compile(r"(?P<date>\d{4}-\d\d-\d\d) +(?P<page>[\w/-]+\.md) +(?P<what>\S.*)")


@dataclass(frozen=True)
class Change:
    """What changed on a page; `page` is below docs/."""

    date: str
    page: str
    what: str


def changes() -> list[Change]:
    """All changes, the newest first. PageError for a line that is none."""
    file = reading.ROOT / "changes.txt"
    found = []
    for number, line in enumerate(file.read_text().splitlines() if file.exists() else [], 1):
        if line and not line.startswith("#"):
            change = _LINE.fullmatch(line)
            if not change or (found and found[-1].date > change["date"]):
                raise reading.PageError(f"changes.txt:{number}: not a date, a page and what "
                                        f"changed, below older changes: {line!r}")
            found.append(Change(**change.groupdict()))
    return found[::-1]


def last() -> dict[str, str]:
    """The date of each page's last change."""
    return {change.page: change.date for change in reversed(changes())}


def markdown(moved: Mapping[str, str]) -> str:
    """The list for readers; `moved` tells where the page of an old address is now."""
    def link(page: str) -> str:
        now = moved.get(page, page)
        name = now.partition("#")[0]
        title = reading.front_matter((reading.ROOT / "docs" / name).read_text()).get("title", name)
        return f"[{title}]({now})"

    lines = []
    for day, found in groupby(changes(), key=lambda change: change.date):
        lines += [f"## {date.fromisoformat(day):%-d %B %Y} {{#d-{day}}}", ""]
        new: dict[str, list[str]] = {}
        for change in found:
            if change.what == NEW:
                new.setdefault(change.page.rpartition("/")[0], []).append(link(change.page))
            else:
                lines.append(f"- {link(change.page)}: {change.what}")
        lines += [f"- New{' in ' + folder if folder else ''}: {', '.join(reversed(links))}."
                  for folder, links in sorted(new.items())] + [""]
    return "\n".join(lines)


def main() -> None:
    file, listed = reading.ROOT / "changes.txt", {change.page for change in changes()}
    pages = [reading.relative(page).removeprefix("docs/") for page in reading.pages()]
    today = date.today().isoformat()
    with file.open("a") as out:
        for page in pages:
            if page not in listed:
                print(f"{today}  {page}  {NEW}", file=out)
    citation = reading.ROOT / "CITATION.cff"
    citation.write_text(re.sub(r"(?m)^date-released: .*$", f"date-released: {changes()[0].date}",
                               citation.read_text()))


if __name__ == "__main__":
    main()
