"""`make changes`: enter new pages in changes.txt, and the date of the last change in CITATION.cff.

`make moved OLD=shapes/squeeze NEW=shapes/squeeze-one` says where a page that was renamed is now.
"""

from __future__ import annotations

import re
import sys
from datetime import date

from ..read.changes import CHANGES, NEW
from ..read.guide import Guide, page_path
from ..read.place import GuideError

CITATION = "CITATION.cff"


def enter(guide: Guide) -> list[str]:
    """Write a line for each page that has none; the lines."""
    listed = {change.page for change in guide.changes}
    names = [path.removeprefix("docs/") for path in guide.paths]
    lines = [f"{date.today()}  {name}  {NEW}" for name in names if name not in listed]
    _append(guide, lines)
    return lines


def moved(guide: Guide, old: str, new: str) -> list[str]:
    """Write a line that makes the address of a page that is gone lead to another page."""
    old, new = (page_path(name).removeprefix("docs/") for name in (old, new))
    if guide.exists(f"docs/{old}"):
        raise GuideError(f"docs/{old}: it is still there; rename it first, with `git mv`")
    if old not in {change.page for change in guide.changes}:
        raise GuideError(f"{CHANGES}: there never was a page {old}")
    if not guide.exists(f"docs/{new}"):
        raise GuideError(f"docs/{new}: there is no such page")
    lines = [f"{date.today()}  {old}  Moved to {new}"]
    _append(guide, lines)
    return lines


def _append(guide: Guide, lines: list[str]) -> None:
    if not lines:
        return
    with (guide.root / CHANGES).open("a", encoding="utf-8") as out:
        out.writelines(line + "\n" for line in lines)
    if guide.exists(CITATION):
        text = re.sub(r"(?m)^date-released: .*$", f"date-released: {date.today()}",
                      guide.text(CITATION))
        (guide.root / CITATION).write_text(text, encoding="utf-8")


def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[1:] if "=" in argument)
    try:
        guide = Guide.here()
        lines = moved(guide, given["OLD"], given["NEW"]) if given.get("OLD") else []
        lines += enter(Guide(guide.root))
        print("\n".join(lines) or f"{CHANGES}: nothing to enter")
    except KeyError as error:
        sys.exit(f"make moved: say both, OLD=shapes/squeeze NEW=shapes/other; {error} is missing")
    except GuideError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
