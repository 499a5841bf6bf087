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

_BLOCKS = {"pre", "textarea", "listing", "xmp", "plaintext"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
_FOREIGN = {"iframe", "object", "embed", "script", "style", "template", "noscript", "canvas"}
_PROMPT = re.compile(r"^\W*>>> *\S|^\W*In \[\d+\]:|^\W*Traceback \(most recent call last\)", re.MULTILINE)
_PRINTED = re.compile(r"\s*(?:tensor|Parameter containing:\s*tensor)\(.*\d.*\)\s*", re.DOTALL)
_ATTRIBUTES = ("alt", "title", "aria-label", "placeholder", "value", "summary", "label")


class _Text(HTMLParser):
    """The texts of blocks, of inline code, and all else that can be read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self.inline: list[str] = []
        self.rest = ""
        self.foreign: list[str] = []
        self._open: list[str] = []
        self._kept = ""
        self._figure = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "svg" and "figure" in (given.get("class") or "").split():
            self._figure = True
        elif tag in _FOREIGN or (tag == "svg" and not self._figure and "md-" not in str(attrs)):
            self.foreign.append(tag)
        for name in _ATTRIBUTES:
            if given.get(name):
                self.rest += f"\n{given[name]}\n"
        if tag == "br":
            self.handle_data("\n")
        if tag not in _VOID:
            self._open.append(tag)
            if self._is_start(tag):
                self._kept = ""

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._open:
            return
        while (closed := self._open.pop()) != tag:
            self._close(closed)
        self._close(tag)

    def _is_start(self, tag: str) -> bool:
        outer = set(self._open[:-1])
        return (tag in _BLOCKS and not outer & _BLOCKS) or (
            tag in ("code", "samp", "kbd", "tt") and not outer & (_BLOCKS | {"code", "samp", "kbd", "tt"}))

    def _close(self, tag: str) -> None:
        outer = set(self._open)
        if tag in _BLOCKS and not outer & _BLOCKS:
            self.blocks.append(self._kept)
        elif tag in ("code", "samp", "kbd", "tt") and not outer & (_BLOCKS | {"code", "samp", "kbd", "tt"}):
            self.inline.append(self._kept)
        if tag == "svg":
            self._figure = False
        if tag in ("p", "li", "td", "th", "div", "tr", "dd", "dt", "blockquote", "span"):
            self.rest += "\n" if tag != "span" else ""

    def handle_data(self, data: str) -> None:
        if set(self._open) & _BLOCKS:
            self._kept += data
            return
        if set(self._open) & {"code", "samp", "kbd", "tt"}:
            self._kept += data
        self.rest += data


def unproved(html: str, page: Page) -> list[str]:
    """What the HTML of a page shows as code, or as its output, that no example of it is."""
    seen = _Text()
    seen.feed(html)
    seen.close()
    ran = Counter(example.text.strip("\n") for example in page.examples)
    other = Counter(text.strip("\n") for text in page.others)
    found = [f"a <{tag}>, which is not compared" for tag in seen.foreign]
    for text, times in Counter(block.strip("\n") for block in seen.blocks).items():
        if times > ran[text] and (times > ran[text] + other[text] or is_python(text)):
            found.append(text)
    found += [text for text, times in ran.items()
              if [block.strip("\n") for block in seen.blocks].count(text) < times]
    outputs = "\n".join(step.want + step.source for e in page.examples for step in e.steps)
    outputs += "\n".join(page.others)
    squeezed = re.sub(r"\s+", "", outputs)
    found += [text for text in seen.inline if ("\n" in text.strip() and is_python(text)) or (
        _PRINTED.fullmatch(text) and re.sub(r"\s+", "", text) not in squeezed)]
    found += [line.strip() for line in seen.rest.split("\n") if _PROMPT.search(line)]
    return found


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
        if not self.current.is_whole:
            return text
        page = self.current.page
        if found := unproved(text, page):
            first = found[0].strip().split("\n")
            words = next((line for line in first if line.strip()), "")
            line = next((place for row, place in zip(page.lines, page.places, strict=True)
                         if words and words.strip() in row), Place(page.path, 1))
            raise GuideError(f"{line}: shown like code with its output, and not an example that "
                             f"runs: {words.strip()!r}")
        return text
