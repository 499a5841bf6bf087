"""`![what it shows](figure:shapes/permute_vs_reshape)`: a figure drawn from tensors.

The function `panels` of `snippets/shapes/figure_permute_vs_reshape.py` makes the panels out
of the file's `INPUT`; each is drawn inline (drawing.py), so that it follows the page's colours.
What the page says of the figure is held against it: each number in these words stands in a
phrase that a panel computes, under `says`.
"""

from __future__ import annotations

import re
import runpy
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

from markdown.treeprocessors import Treeprocessor

from ..read.guide import Guide
from ..read.place import GuideError
from .current import Current
from .kept import kept

SCHEME, MOST = "figure:", 2
_NUMBER = re.compile(r"(?<![\w.^])[-−]?\d+(?:\.\d+)?(?:e[-−]?\d+)?")


def drawn_panels(figure: Mapping[str, Any], given: Any) -> list[tuple[str, str, list[str]]]:
    """Of each panel its title, what is drawn, and the phrases that it computes."""
    from .drawing import KINDS, WIDEST  # with torch
    found = []
    for panel in figure["panels"](given):
        fields = dict(panel)
        title, says = fields.pop("title", ""), fields.pop("says", [])
        kinds = [name for name in KINDS if name in fields]
        if len(kinds) != 1:
            raise ValueError(f"panel {title!r}: is of one kind ({', '.join(KINDS)}), not {kinds}")
        drawing = KINDS[kinds[0]](**fields).draw()
        width, height = (round(size) for size in (drawing.width, drawing.height))
        if width > WIDEST:
            raise ValueError(f"panel {title!r}: {width} px wide; a phone shows {WIDEST}")
        key = "".join(f'<span class="{kind}">{escape(means)}</span>'
                      for kind, means in drawing.key)
        svg = (f'<svg class="figure" width="{width}" height="{height}" '
               f'viewBox="0 0 {width} {height}">{drawing.body}</svg>')
        found.append((title, svg + (f'<span class="key">{key}</span>' if key else ""),
                      [says] if isinstance(says, str) else list(says)))
    return found


def draw(figure: Mapping[str, Any], says: str) -> str:
    """The panels of a figure's file, beside each other; `says` is what they show, in words.

    ValueError where a panel does not follow the file's input, or the words not the panels.
    """
    if "INPUT" not in figure or "panels" not in figure:
        raise ValueError("the file must have INPUT, a tensor, and panels(x), which draws it")
    panels = drawn_panels(figure, figure["INPUT"])
    other = drawn_panels(figure, figure.get("OTHER", figure["INPUT"] + 1))
    for (title, drawn, _), (_, changed, _) in zip(panels, other, strict=True):
        if drawn == changed:
            raise ValueError(f"panel {title!r}: another INPUT gives the same; is it typed? "
                             "(OTHER is taken, or INPUT + 1)")
    check_words(says, [phrase for *_, phrases in panels for phrase in phrases],
                [phrase for *_, phrases in other for phrase in phrases])
    spans = "".join(f'<span class="panel"><span class="title">{escape(title)}</span>{drawn}</span>'
                    for title, drawn, _ in panels)
    return (f'<span class="figures" role="img" aria-label="{escape(says)}" data-search-exclude>'
            f"{spans}</span>")


def check_words(says: str, phrases: list[str], changed: list[str]) -> None:
    """ValueError where words about a figure hold a number that no phrase of it computes."""
    rest = says = " ".join(says.split())
    for phrase in sorted(phrases, key=len, reverse=True):
        if phrase not in says:
            raise ValueError(f"it computes {phrase!r}, and its words do not say so: {says!r}")
        rest = rest.replace(phrase, " ")
    if typed := _NUMBER.findall(rest):
        raise ValueError(f"its words say {', '.join(typed)}, outside of what it computes: "
                         f"{phrases}")
    if not any(_NUMBER.search(phrase) and phrase not in changed for phrase in phrases):
        raise ValueError("its words must name a number that it computes: a panel gives phrases "
                         "with one under 'says', and another INPUT gives other ones")


@contextmanager
def importing_from(root: Path) -> Iterator[None]:
    """Imports of `snippets` as they are now below `root`, and forgotten afterwards."""
    def ours() -> dict[str, Any]:
        return {name: module for name, module in sys.modules.items()
                if name.partition(".")[0] == "snippets"}

    before = ours()
    for name in before:
        del sys.modules[name]
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))
        for name in ours():
            del sys.modules[name]
        sys.modules.update(before)


def drawn(guide: Guide, path: str, says: str) -> str:
    """The figure of a file, drawn once for each text of the snippets. GuideError names the file."""
    here = Path(__file__)
    sources = [here.read_text(), here.with_name("drawing.py").read_text(), guide.snippets_digest]

    def make() -> str:
        try:
            with importing_from(guide.root):
                return draw(runpy.run_path(str(guide.root / path)), says)
        except Exception as error:
            raise GuideError(f"{path}: cannot be drawn: {type(error).__name__}: {error}") from error

    name = path.removeprefix("snippets/").replace("/", "-").removesuffix(".py")
    return kept(guide, f"figures/{name}.html", says + "".join(sources), make)


class Figures(Treeprocessor):
    """Runs after the images of the page are found."""

    def __init__(self, md, current: Current):
        super().__init__(md)
        self.current = current

    def run(self, root):
        images = [image for image in root.iter("img")
                  if image.get("src", "").startswith(SCHEME)]
        if len(images) > MOST:
            raise GuideError(f"{self.current.path}: {len(images)} figures; "
                             f"a page has {MOST} at most")
        for image in images:
            image.tag = "span"
            image.text = self.md.htmlStash.store(self.figure(image))
            image.attrib.clear()

    def figure(self, image) -> str:
        guide, page = self.current.guide, self.current.path
        source, says = image.get("src").removeprefix(SCHEME), image.get("alt")
        folder, _, stem = source.rpartition("/")
        path = "/".join(filter(None, ("snippets", folder, f"figure_{stem}.py")))
        if not guide.exists(path):
            raise GuideError(f"{page}: there is no file {path}")
        if not says:
            raise GuideError(f"{page}: {SCHEME}{source} does not say what it shows")
        return drawn(guide, path, says)
