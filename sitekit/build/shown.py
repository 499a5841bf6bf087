"""What a reader takes for code with its output is what ran: compared when a page is converted.

Whatever shows it, by whichever tag, is compared with the examples of the page as often as it
stands there. What is left over runs nowhere, and the page is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

from markdown.postprocessors import Postprocessor
from markdown.treeprocessors import Treeprocessor

from ..read.page import Page
from ..read.place import GuideError, Place
from ..read.session import is_python
from .current import Current

BLOCKS = {"pre", "textarea", "listing", "xmp", "plaintext"}
CODE = {"code", "samp", "kbd", "tt"}
UNREADABLE = {"iframe", "object", "embed", "script", "style", "template", "noscript", "canvas",
              "img", "video", "picture"}  # a picture may show what nothing computed
EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"}
ENDS_A_LINE = {"p", "li", "td", "th", "div", "tr", "dd", "dt", "blockquote"}
READ_ALOUD = ("alt", "title", "aria-label", "placeholder", "value", "summary", "label")

_PROMPT = re.compile(r"^\W*(?:>>> *\S|In \[\d+\]:|Traceback \(most recent call last\))",
                     re.MULTILINE)
_PRINTED = re.compile(r"\s*(?:Parameter containing:\s*)?tensor\(.*\d.*\)\s*", re.DOTALL)


class _Seen(HTMLParser):
    """What can be read on a page: blocks, inline code, other text, and what hides its content."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self.inline: list[str] = []
        self.unreadable: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self._holding = self._in_blocks = 0  # how many of the open ones do
        self._kept = ""  # of the outermost block or inline code that is open
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_ours = "figure" in (given.get("class") or "").split()  # drawn from tensors
        if tag in UNREADABLE or (tag == "svg" and not is_ours):
            self.unreadable.append(tag)
        self.text += "".join(f"\n{given[name]}\n" for name in READ_ALOUD if given.get(name))
        if tag == "br":
            self.handle_data("\n")
        if tag not in EMPTY:
            if self._holds(tag) and not self._holding:
                self._kept = ""
            self._open.append(tag)
            self._holding += self._holds(tag)
            self._in_blocks += tag in BLOCKS

    def handle_endtag(self, tag: str) -> None:
        while tag in self._open:
            closed = self._open.pop()
            self._holding -= self._holds(closed)
            self._in_blocks -= closed in BLOCKS
            if self._holds(closed) and not self._holding:
                (self.blocks if closed in BLOCKS else self.inline).append(self._kept)
            if closed in ENDS_A_LINE:
                self.text += "\n"
            if closed == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._holding:
            self._kept += data
        if not self._in_blocks:
            self.text += data

    @staticmethod
    def _holds(tag: str) -> bool:
        return tag in BLOCKS or tag in CODE


def unproved(html: str, page: Page) -> list[str]:
    """What the HTML of a page shows as code, or as its output, that no example of it is.

    An example that is not shown is one, too: it would run for nobody.
    """
    seen = _Seen(html)
    ran = Counter(example.text.strip("\n") for example in page.examples)
    others = Counter(text.strip("\n") for text in page.others)
    blocks = Counter(block.strip("\n") for block in seen.blocks)
    found = [f"<{tag}>" for tag in seen.unreadable]
    found += [text for text, times in blocks.items()
              if times > ran[text] and (times > ran[text] + others[text] or is_python(text))]
    found += [text for text in ran if blocks[text] < ran[text]]
    outputs = _squeezed("".join(step.want + step.source for e in page.examples for step in e.steps))
    found += [text for text in seen.inline
              if ("\n" in text.strip() and is_python(text))
              or (_PRINTED.fullmatch(text) and _squeezed(text) not in outputs)]
    return found + [line.strip() for line in seen.text.split("\n") if _PROMPT.search(line)]


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


class Whole(Treeprocessor):
    """The last to see a page's elements: what is rendered after it is the page and no heading."""

    def __init__(self, md, current: Current):
        super().__init__(md)
        self.current = current

    def run(self, root):
        self.current.is_whole = True


class Check(Postprocessor):
    """Refuse a page that shows code which did not run, or more often than it ran."""

    def __init__(self, current: Current):
        super().__init__()
        self.current = current

    def run(self, text):
        page = self.current.page
        if self.current.is_whole and (found := unproved(text, page)):
            words = next(line.strip() for line in found[0].split("\n") if line.strip())
            places = (place for row, place in zip(page.lines, page.places, strict=True)
                      if words in row)
            raise GuideError(f"{next(places, Place(page.path, 1))}: shown like code with its "
                             f"output, and not an example that runs: {words!r}")
        return text
