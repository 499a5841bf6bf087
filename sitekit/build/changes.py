"""The page of changes, made from changes.txt."""

from __future__ import annotations

from datetime import date
from itertools import groupby

from ..read.changes import NEW
from ..read.guide import Guide

PAGE = "changes.md"
MOST = 8  # titles of a day and folder: the list grows for ever, and the page stays light


def markdown(guide: Guide) -> str:
    """The list for readers; an old address leads to where the page is now.

    Of a day that brings a folder more new pages than MOST, the rest is counted.
    """

    def link(page: str) -> str:
        now = guide.redirects.get(page, page)
        return f"[{guide.meta(f'docs/{now}').get('title', now)}]({now})"

    lines = []
    for day, found in groupby(guide.changes, key=lambda change: change.date):
        lines += [f"## {date.fromisoformat(day):%-d %B %Y} {{#d-{day}}}", ""]
        new: dict[str, list[str]] = {}
        for change in found:
            if change.what == NEW:
                new.setdefault(change.page.rpartition("/")[0], []).append(link(change.page))
            elif not change.moved_to:
                lines.append(f"- {link(change.page)}: {change.what}")
        for folder, links in sorted(new.items()):
            more = f" and {len(links) - MOST} more" if len(links) > MOST else ""
            lines.append(f"- New{' in ' + folder if folder else ''}: "
                         f"{', '.join(links[::-1][:MOST])}{more}.")
        lines.append("")
    return "\n".join(lines)
