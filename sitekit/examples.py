"""Check each page's examples as it is built; give the copy button clean code and snippets a file.

Material's copy button takes `data-copy` on the code before the text it shows.
"""

import re
from html import escape, unescape
from xml.etree.ElementTree import Element, SubElement

from markdown import Extension
from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import HTML_PLACEHOLDER_RE

from .downloads import is_offered
from .reading import Reading, digest, read

BLOCK = re.compile(
    r'(<div class="language-(?:python|pycon) highlight">.*?<code)>(?P<code>.*?)(?=</code>)',
    re.DOTALL)
PLAIN = re.compile(r'<span class="[nopw]">([^<]*)</span>')  # names, operators, punctuation
ERROR = re.compile(r'(<span class="gr">[^<]*)</span>([^<\n]+)')  # its kind, and what it says


def shown(code: str) -> str:
    """The text that a reader sees of a block's HTML."""
    return unescape(re.sub(r"<[^>]+>", "", code))


class _Read(Preprocessor):
    reading: Reading

    def __init__(self, path, above=0, known=None):
        super().__init__()
        self.path, self.above, self.known = path, above, known

    def run(self, lines):
        same = self.known and self.known.source.strip("\n") == "\n".join(lines).strip("\n")
        self.reading = self.known if same else read(lines, self.path, self.above)
        return lines


class _File(Treeprocessor):
    """Put the name of its file above each section of a snippet, as a link to a download."""

    def __init__(self, md, source):
        super().__init__(md)
        self.source = source

    def run(self, root):
        reading = self.source.reading
        files = {e.digest: e.snippet.path for e in reading.examples
                 if e.language == "python" and e.snippet and is_offered(e.snippet.path)}
        up = "../" * (reading.path.count("/") - 1)
        for parent in list(root.iter()):
            for block in list(parent):
                if path := files.get(self.digest_of(block)):
                    link = Element("p", {"class": "file", "data-search-exclude": ""})
                    SubElement(link, "a", {"href": up + path, "download": ""}).text = (
                        path.rpartition("/")[2])
                    parent.insert(list(parent).index(block), link)

    def digest_of(self, block) -> str:
        """The digest of the code that stands in the place of this element."""
        place = HTML_PLACEHOLDER_RE.fullmatch((block.text or "").strip())
        stashed = self.md.htmlStash.rawHtmlBlocks[int(place[1])] if place else ""
        found = BLOCK.search(stashed) if isinstance(stashed, str) else None
        return digest(shown(found["code"])) if found else ""


class _Copy(Postprocessor):
    def __init__(self, source):
        super().__init__()
        self.source = source

    def run(self, text):
        copied = {e.digest: e.copied.rstrip() for e in self.source.reading.examples}

        def add(found):
            code = copied.get(digest(shown(found["code"])))
            plain = ERROR.sub(r"\1\2</span>", PLAIN.sub(r"\1", found["code"]))
            if code is None:
                return f"{found[1]}>{plain}"
            value = escape(code).replace("\n", "&#10;")
            return f'{found[1]} data-copy="{value}">{plain}'

        return BLOCK.sub(add, text)


class ExamplesExtension(Extension):
    """Reads the page before its includes are expanded."""

    def __init__(self, **kwargs):
        self.config = {"page": [{"path": "(page)"}, "path and first line, for messages"]}
        super().__init__(**kwargs)

    def extendMarkdown(self, md):
        reader = _Read(**self.getConfig("page"))
        md.preprocessors.register(reader, "sitekit-read", 40)  # snippets: 32
        md.treeprocessors.register(_File(md, reader), "sitekit-file", 10)  # MkDocs' links: 0
        md.postprocessors.register(_Copy(reader), "sitekit-copy", 0)


makeExtension = ExamplesExtension  # noqa: N816
