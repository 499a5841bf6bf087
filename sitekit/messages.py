"""The pages of messages: each error and warning that a page of the guide really raises.

Nothing is typed here but the cause, which stands in the front matter of the page
that raises it: under `causes`, words of the message and what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .reading import ROOT, TRACEBACK, PageError, Reading, digest, front_matter

_RAISED = re.compile(rf"^{re.escape(TRACEBACK)}(?P<error>.+)\Z", re.MULTILINE | re.DOTALL)
_WARNED = re.compile(r"^(?P<warning>\w*Warning: .+)$", re.MULTILINE)
_HEADING = re.compile(r"^#+ .*\{ *#(?P<anchor>[\w-]+) *\}$")


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


def raised(page: Reading) -> Iterator[tuple[str, str]]:
    """Each message that a page shows, and the anchor of its section."""
    for example in page.examples:
        anchor = ""
        for line in page.lines[:example.line]:
            if heading := _HEADING.match(line):
                anchor = heading["anchor"]
        for step in example.steps:
            for found in (_RAISED.search(step.expected), *_WARNED.finditer(step.expected)):
                if found:
                    yield found[1], anchor


def messages(guide: Iterable[Reading]) -> list[Message]:
    """All messages of torch that the pages of the guide raise, by their text.

    Raises PageError where the front matter explains a message that is not raised.
    """
    found: dict[str, Message] = {}
    explained: set[tuple[str, str]] = set()
    read = [(page, front_matter((ROOT / page.path).read_text())) for page in guide]
    for page, meta in sorted(read, key=_order):
        causes, used = meta.get("causes", {}), set()
        for whole, anchor in raised(page):
            kind, _, text = whole.partition(": ")
            for words, cause in causes.items():
                if words in text:
                    used.add(words)
                    own = anchor == "guard"  # a check of the guide's quotes what it caught
                    if not own and whole not in found and (page.path, words) not in explained:
                        explained.add((page.path, words))
                        found[whole] = Message(kind.split(".")[-1], text,
                                               page.path.removeprefix("docs/"), anchor, cause)
        if unused := set(causes) - used:
            raise PageError(f"{page.path}: causes: no example raises {min(unused)!r}")
    return sorted(found.values(), key=lambda message: message.text.lower())


def _order(item: tuple[Reading, dict]) -> tuple[str, int]:
    """Where two pages raise one message, the first of its folder explains it."""
    page, meta = item
    return page.path.rpartition("/")[0], meta.get("order", 0)


def markdown(guide: Iterable[Reading], page: str) -> str:
    """The entries of one of the two PAGES."""
    return "\n".join(
        f"## {message.kind}: {escaped(message.text)} {{#{message.entry}}}\n\n"
        f"{message.cause} [More]({message.page}#{message.anchor})\n"
        for message in messages(guide) if message.listed_on == page)


def escaped(text: str) -> str:
    """Text in one line, of which Markdown changes nothing."""
    line = " ".join(text.split())
    return re.sub(r"[^a-zA-Z0-9\s.,:;()/=-]", lambda sign: f"&#{ord(sign[0])};", line)
