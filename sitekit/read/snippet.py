"""The excerpts of a snippet file: what stands between two markers, to be shown on a page."""

from __future__ import annotations

import re
from functools import lru_cache

from .place import GuideError, Place

MARKER = re.compile(r"^ *# --8<-- \[(?P<kind>start|end):(?P<name>[a-z][\w-]*)\]$")


@lru_cache(2000)
def excerpts(path: str, text: str) -> dict[str, tuple[int, ...]]:
    """The line numbers of each excerpt, markers left out.

    Raises GuideError for a marker that is malformed, doubled or not closed.
    """
    opened: dict[str, int] = {}
    found: dict[str, list[int]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if "8<-" not in line:
            for name in opened:
                found[name].append(number)
            continue
        here = Place(path, number)
        marker = MARKER.match(line)
        if not marker:
            raise GuideError(f"{here}: a marker is # --8<-- [start:name] and nothing else")
        name = marker["name"]
        if marker["kind"] == "start":
            if name in found:
                raise GuideError(f"{here}: section '{name}' is doubled")
            opened[name], found[name] = number, []
        elif opened.pop(name, None) is None:
            raise GuideError(f"{here}: section '{name}' ends but does not start")
    for name, number in opened.items():
        raise GuideError(f"{Place(path, number)}: section '{name}' is not closed")
    return {name: tuple(lines) for name, lines in found.items()}
