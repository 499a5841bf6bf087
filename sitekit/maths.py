"""LaTeX in `$...$` and `$$...$$` becomes MathML at build: no script, no network.

pymdownx.arithmatex finds the formulas; math-core converts them.
"""

import re
from html import unescape

from markdown import Extension
from markdown.postprocessors import Postprocessor
from markdown.treeprocessors import Treeprocessor
from math_core import LatexError, LatexToMathML

from .reading import PageError

_LATEX = LatexToMathML(pretty_print="never")
_DISPLAY = re.compile(r'<div class="arithmatex">\\\[\n?(.*?)\n?\\\]</div>', re.DOTALL)


def to_mathml(latex: str, page: str, display: bool) -> str:
    """Convert one formula; PageError names the page and the formula."""
    try:
        mathml = _LATEX.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        formula = " ".join(latex.split())
        reason = " ".join(str(error).split())
        raise PageError(f"{page}: invalid LaTeX ${formula}$: {reason}") from None
    # a display formula in the search index is noise
    return mathml.replace("<math", "<math data-search-exclude", 1) if display else mathml


class _Inline(Treeprocessor):
    def __init__(self, md, page):
        super().__init__(md)
        self.page = page

    def run(self, root):
        for span in root.iter("span"):
            text = span.text or ""
            if span.get("class") == "arithmatex" and text.startswith("\\("):
                mathml = to_mathml(text[2:-2], self.page, display=False)
                span.text = self.md.htmlStash.store(mathml)


class _Display(Postprocessor):
    def __init__(self, page):
        self.page = page

    def run(self, text):
        def convert(found):
            mathml = to_mathml(unescape(found[1]), self.page, display=True)
            return f'<div class="arithmatex" tabindex="0">{mathml}</div>'

        return _DISPLAY.sub(convert, text)


class MathsExtension(Extension):
    """Runs after arithmatex has marked the formulas."""

    def __init__(self, **kwargs):
        self.config = {"page": ["", "the page, for messages"]}
        super().__init__(**kwargs)

    def extendMarkdown(self, md):
        page = self.getConfig("page")
        md.treeprocessors.register(_Inline(md, page), "sitekit-inline-maths", 19)
        md.postprocessors.register(_Display(page), "sitekit-display-maths", 1)


makeExtension = MathsExtension  # noqa: N816
