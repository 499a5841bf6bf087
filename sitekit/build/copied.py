"""Give the copy button clean code, and each excerpt of a snippet the name of its file.

Material's copy button takes `data-copy` on the code before the text it shows.
"""

import re
from html import escape, unescape
from xml.etree.ElementTree import Element, SubElement

from markdown.postprocessors import Postprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import HTML_PLACEHOLDER_RE

from ..read.page import digest
from .current import HOME, Current

FOR_THE_PAGE_ONLY = ("wrong_", "stub_", "figure_")
BLOCK = re.compile(
    r'(<div class="language-(?:python|pycon) highlight">.*?<code)>(?P<code>.*?)(?=</code>)',
    re.DOTALL)
# names and words of Python, operators, punctuation, numbers, and the marks of an f-string
PLAIN = re.compile(r'<span class="(?:[nopw]|nb|bp|kc|ow|m[if]|s[ai])">([^<]*)</span>')
ERROR = re.compile(r'(<span class="gr">[^<]*)</span>([^<\n]+)')  # its kind, and what it says
PROMPT, OUTPUT = '<span class="gp">', '<span class="go">'
RAISED = '<span class="gr">'
OPENS = re.compile(f"{PROMPT}|{OUTPUT}")
WARNED = re.compile(rf"{OUTPUT}\w*Warning: ")
SCREEN = 48  # the columns of code that a phone shows; what is longer may be broken there
DESK = 76  # so many does a desk show


def is_offered(path: str) -> bool:
    """Whether a snippet file is for use: neither a bug nor half an exercise."""
    return not path.rpartition("/")[2].startswith(FOR_THE_PAGE_ONLY)


def text_of(code: str) -> str:
    """The text that a reader sees of a block's HTML."""
    return unescape(re.sub(r"<[^>]+>", "", code))


def breakable(code: str) -> str:
    """The HTML of a block, in which a long line is a span, so that a screen may break it.

    An output that is neither a warning nor an error's words may be a table: it keeps its width,
    unless no screen shows it.
    """
    lines, breaks = [], PROMPT not in code
    for line in code.splitlines(keepends=True):
        if OPENS.match(line):
            breaks = line.startswith(PROMPT) or bool(WARNED.match(line))
        elif line.startswith(RAISED):
            breaks = True  # the lines after it; its own style breaks the line itself
        is_whole = line.count("<span") == line.count("</span")
        fits = SCREEN if breaks else DESK
        is_long = is_whole and len(text_of(line).rstrip()) > fits and RAISED not in line
        lines.append(f'<span class="long">{line}</span>' if is_long else line)
    return "".join(lines)


class File(Treeprocessor):
    """Put the name of its file above each excerpt of a snippet, as a link to a download."""

    def __init__(self, md, current: Current):
        super().__init__(md)
        self.current = current

    def run(self, root):
        files = {e.digest: e.snippet.path for e in self.current.page.examples
                 if e.language == "python" and e.snippet and is_offered(e.snippet.path)}
        for parent in list(root.iter()) if files else []:
            for block in list(parent):
                if path := files.get(self.digest_of(block)):
                    link = Element("p", {"class": "file", "data-search-exclude": ""})
                    SubElement(link, "a", {"href": HOME + path, "download": ""}
                               ).text = path.rpartition("/")[2]
                    parent.insert(list(parent).index(block), link)

    def digest_of(self, block) -> str:
        """The digest of the code that stands in the place of this element."""
        place = HTML_PLACEHOLDER_RE.fullmatch((block.text or "").strip())
        stashed = self.md.htmlStash.rawHtmlBlocks[int(place[1])] if place else ""
        found = BLOCK.search(stashed) if isinstance(stashed, str) else None
        return digest(text_of(found["code"])) if found else ""


class Copy(Postprocessor):
    """What the button at a block gives: Python without prompts, with the imports it needs.

    Links to downloads get their addresses here, too.
    """

    def __init__(self, current: Current):
        super().__init__()
        self.current = current

    def run(self, text):
        copied = {e.digest: e.copied.rstrip() for e in self.current.page.examples}

        def add(found):
            code = copied.get(digest(text_of(found["code"])))
            plain = breakable(ERROR.sub(r"\1\2</span>", PLAIN.sub(r"\1", found["code"])))
            if code is None:
                return f"{found[1]}>{plain}"
            value = escape(code).replace("\n", "&#10;")
            return f'{found[1]} data-copy="{value}">{plain}'

        return BLOCK.sub(add, text).replace(f'href="{HOME}', f'href="{self.current.home}')
