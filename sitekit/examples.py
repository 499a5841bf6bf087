"""Check each page's examples as it is built, and give the copy button clean code.

Material's copy button takes `data-copy` on the code before the text it shows.
"""

import re
from html import escape, unescape

from markdown import Extension
from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor

from .reading import Reading, digest, read

BLOCK = re.compile(
    r'(<div class="language-(?P<language>python|pycon) highlight">.*?<code)'
    r"(?P<end>>)(?P<code>.*?)(?=</code>)", re.DOTALL)


def shown(code: str) -> str:
    """The text that a reader sees of a block's HTML."""
    return unescape(re.sub(r"<[^>]+>", "", code))


class _Read(Preprocessor):
    reading: Reading

    def __init__(self, page):
        super().__init__()
        self.page = page

    def run(self, lines):
        self.reading = read(lines, **self.page)
        return lines


class _Copy(Postprocessor):
    def __init__(self, source):
        super().__init__()
        self.source = source

    def run(self, text):
        copied = {e.digest: e.copied.rstrip() for e in self.source.reading.examples}

        def add(found):
            code = copied.get(digest(shown(found["code"])))
            if code is None:
                return found[0]
            value = escape(code).replace("\n", "&#10;")
            return f'{found[1]} data-copy="{value}">{found["code"]}'

        return BLOCK.sub(add, text)


class ExamplesExtension(Extension):
    """Reads the page before its includes are expanded."""

    def __init__(self, **kwargs):
        self.config = {"page": [{"path": "(page)"}, "path and first line, for messages"]}
        super().__init__(**kwargs)

    def extendMarkdown(self, md):
        reader = _Read(self.getConfig("page"))
        md.preprocessors.register(reader, "sitekit-read", 40)  # snippets: 32
        md.postprocessors.register(_Copy(reader), "sitekit-copy", 0)


makeExtension = ExamplesExtension  # noqa: N816
