"""One stem for all files of a page: `shapes/squeeze` for its text, snippets, test and claims."""

from __future__ import annotations

import re

_OF = (re.compile(r"docs/(?P<stem>.+)\.md"),
       re.compile(r"snippets/(?P<stem>(?:.+/)?)figure_(?P<name>\w+?)(?:_2)?\.py"),
       re.compile(r"snippets/(?P<stem>(?:.+/)?)(?:wrong_|stub_)?(?P<name>\w+)\.py"),
       re.compile(r"tests/(?P<stem>(?:.+/)?)test_(?P<name>\w+)\.py"),
       re.compile(r"tests/(?P<stem>(?:.+/)?)(?P<name>\w+)\.toml"))
NOT_OF_PAGES = ("tests/site/", "tests/pages/", "tests/browser/")


def stem_of(path: str) -> str:
    """The stem of a file, with `-` as in the page's address; empty where it is of no page."""
    for pattern in _OF if not path.startswith(NOT_OF_PAGES) else ():
        if found := pattern.fullmatch(path):
            return "".join(found.groups()).replace("_", "-")
    return ""
