"""The pages of messages: each error and warning that a page of the guide really raises.

Nothing is typed here but the cause, which stands in the front matter of the page
that raises it: under `causes`, words of the message and what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..read.page import Page, digest
from ..read.place import GuideError
from ..read.session import TRACEBACK

_RAISED = re.compile(rf"^{re.escape(TRACEBACK)}(?P<error>.+)\Z", re.MULTILINE | re.DOTALL)
_WARNED = re.compile(r"^(?P<warning>\w*Warning: .+)$", re.MULTILINE)

PAGES = ("messages.md", "warnings.md")  # one of both would be over 15 kB


@dataclass(frozen=True)
class Message:
    """What torch says, where the guide shows it, and why."""

    kind: str  # RuntimeError, UserWarning, ...
    text: str
    page: str
    anchor: str
    cause: str

    @property
    def entry(self) -> str:
        """The anchor of the message on the page of its kind."""
        return f"m-{digest(self.text)[:6]}"

    @property
    def listed_on(self) -> str:
        errors, warnings = PAGES
        return warnings if self.kind.endswith("Warning") else errors


def raised(page: Page) -> Iterator[tuple[str, str]]:
    """Each message that a page shows, and the anchor of its section."""
    for example in page.examples:
        for step in example.steps:
            for found in (_RAISED.search(step.expected), *_WARNED.finditer(step.expected)):
                if found:
                    yield found[1], page.anchor_of(example.line)


def messages(pages: Iterable[Page]) -> list[Message]:
    """All messages that the pages raise and explain, by their text: an entry a cause.

    Where two pages explain one message, the page of the first in the order of the menu stands,
    and the cause of the other is added. Raises GuideError where a cause reaches no entry.
    """
    found: dict[str, Message] = {}
    for page in sorted(pages, key=_order):
        causes: dict[str, str] = page.meta.get("causes", {})
        for words, cause in causes.items():
            entry = next((whole for whole, _ in raised(page) if words in whole.partition(": ")[2]),
                         None)
            if entry is None:
                raise GuideError(f"{page.path}: causes: no example raises {words!r}")
            anchor = next(anchor for whole, anchor in raised(page) if whole == entry)
            kind, _, text = entry.partition(": ")
            if first := found.get(entry):
                if first.cause != cause:
                    found[entry] = Message(first.kind, first.text, first.page, first.anchor,
                                           f"{first.cause} Or: {cause[0].lower()}{cause[1:]}")
            else:
                found[entry] = Message(kind.split(".")[-1], text, page.name, anchor, cause)
    return sorted(found.values(), key=lambda message: message.text.lower())


def _order(page: Page) -> tuple[str, int]:
    return page.folder, page.meta.get("order", 0)


def markdown(pages: Iterable[Page], name: str) -> str:
    """The entries of one of the two PAGES."""
    return "\n".join(
        f"## {message.kind}: {escaped(message.text)} {{#{message.entry}}}\n\n"
        f"{message.cause} [More]({message.page}#{message.anchor})\n"
        for message in messages(pages) if message.listed_on == name)


def escaped(text: str) -> str:
    """Text in one line, of which Markdown changes nothing."""
    line = " ".join(text.split())
    return re.sub(r"[^a-zA-Z0-9\s.,:;()/=-]", lambda sign: f"&#{ord(sign[0])};", line)
