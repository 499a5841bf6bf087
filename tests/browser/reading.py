"""How much of the code is out of sight: lines and blocks that a reader must scroll sideways."""

from collections.abc import Iterable
from dataclasses import dataclass

from playwright.sync_api import Browser

from sitekit.read.guide import Guide

WIDE, MOST_WIDE = 64, 0.05  # characters of a line, and the share of the lines that have as many
OUT_OF_SIGHT = """() => [...document.querySelectorAll("article pre > code")].map(code => {
    code.closest("details")?.setAttribute("open", "")
    const lines = code.textContent.replace(/\\n$/, "").split("\\n")
    if (code.scrollWidth <= code.clientWidth) return [lines.length, 0]
    const texts = document.createTreeWalker(code, NodeFilter.SHOW_TEXT)
    const edge = code.getBoundingClientRect().left + code.clientWidth
    const hidden = new Set()
    let line = 0
    for (let text; text = texts.nextNode();) {
        const parts = text.data.split("\\n")
        for (let at = 0, part = 0; part < parts.length; at += parts[part++].length + 1) {
            const range = document.createRange()
            range.setStart(text, at)
            range.setEnd(text, at + parts[part].length)
            if (range.getBoundingClientRect().right > edge) hidden.add(line + part)
        }
        line += parts.length - 1
    }
    return [lines.length, hidden.size]
})"""


@dataclass
class Code:
    """The lines and blocks of code, and those that are not whole in sight."""

    lines: int = 0
    hidden_lines: int = 0
    blocks: int = 0
    hidden_blocks: int = 0
    worst: str = ""

    def add(self, page: str, found: list[list[int]]) -> None:
        for lines, hidden in found:
            self.lines += lines
            self.hidden_lines += hidden
            self.blocks += 1
            self.hidden_blocks += hidden > 0
            if hidden:
                self.worst = page


def out_of_sight(browser: Browser, home: str, addresses: Iterable[str], viewport: dict) -> Code:
    """What a reader of these pages must scroll sideways."""
    found, page = Code(), browser.new_page(viewport=viewport)
    for below in addresses:
        page.goto(home + below)
        found.add(below, page.evaluate(OUT_OF_SIGHT))
    page.close()
    return found


def wide(guide: Guide) -> tuple[int, list[str]]:
    """How many lines of code the pages show, outputs apart, and those of 64 characters or more."""
    lines = [(f"{page.path}:{page.places[example.line + number].line}", line)
             for page in guide.pages for example in page.examples
             for number, line in enumerate(example.text.rstrip("\n").split("\n"))
             if example.language == "python" or line.startswith((">>>", "..."))]
    return len(lines), [f"{at}: {line}" for at, line in lines if len(line) >= WIDE]
