"""A place in a file, and the error that names one."""

from __future__ import annotations

from dataclasses import dataclass

try:
    from mkdocs.exceptions import BuildError as _Error
except ImportError:  # the examples run without mkdocs
    _Error = Exception


class GuideError(_Error):
    """What cannot be trusted, or read; the message says where, in one line."""


@dataclass(frozen=True)
class Place:
    """A line of a file, as an editor counts it."""

    path: str  # below the root, with slashes
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"
