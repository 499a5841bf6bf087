"""LaTeX in `$...$` and `$$...$$` becomes MathML at build: no script, no network.

pymdownx.arithmatex finds the formulas; math-core converts them.
"""

import re
from html import unescape

from markdown.postprocessors import Postprocessor
from markdown.treeprocessors import Treeprocessor
from math_core import LatexError, LatexToMathML

from ..read.place import GuideError
from .current import Current

_LATEX = LatexToMathML(pretty_print="never")
_DISPLAY = re.compile(r'<div class="arithmatex">\\\[\n?(.*?)\n?\\\]</div>', re.DOTALL)


def to_mathml(latex: str, page: str, display: bool) -> str:
    """Convert one formula; GuideError names the page and the formula."""
    if re.search(r"(?<!\\)%", latex):  # a comment of LaTeX, which would end the formula
        raise GuideError(f"{page}: invalid LaTeX ${' '.join(latex.split())}$: write \\% for %")
    try:
        mathml = _LATEX.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        formula = " ".join(latex.split())
        reason = " ".join(str(error).split())
        raise GuideError(f"{page}: invalid LaTeX ${formula}$: {reason}") from None
    # a display formula in the search index is noise
    return mathml.replace("<math", "<math data-search-exclude", 1) if display else mathml


class Inline(Treeprocessor):
    """Formulas in a line, after arithmatex has marked them."""

    def __init__(self, md, current: Current):
        super().__init__(md)
        self.current = current

    def run(self, root):
        for span in root.iter("span"):
            text = span.text or ""
            if span.get("class") == "arithmatex" and text.startswith("\\("):
                mathml = to_mathml(text[2:-2], self.current.path, display=False)
                span.text = self.md.htmlStash.store(mathml)


class Display(Postprocessor):
    """Formulas of their own line."""

    def __init__(self, current: Current):
        super().__init__()
        self.current = current

    def run(self, text):
        def convert(found):
            mathml = to_mathml(unescape(found[1]), self.current.path, display=True)
            return f'<div class="arithmatex" tabindex="0">{mathml}</div>'

        return _DISPLAY.sub(convert, text)

