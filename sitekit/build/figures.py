"""`![what it shows](figure:shapes/permute_vs_reshape)`: a figure drawn from tensors.

The function `panels` of `snippets/shapes/figure_permute_vs_reshape.py` makes the panels out
of the file's `INPUT`; each is drawn as a grid, inline, so that it follows the page's colours.
"""

from __future__ import annotations

import runpy
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markdown.treeprocessors import Treeprocessor

from ..read.guide import Guide
from ..read.place import GuideError
from .current import Current
from .kept import kept

if TYPE_CHECKING:
    import torch

CELL, GAP, TOP, LETTER = 34, 40, 26, 7
SCHEME = "figure:"


@dataclass
class Panel:
    """A grid of numbers (rows, columns); equal `groups` (same shape) share a colour."""

    title: str
    numbers: torch.Tensor
    groups: torch.Tensor


def draw(panels: list[tuple[str, torch.Tensor, torch.Tensor]], says: str) -> str:
    """The panels beside each other as SVG; `says` is what the picture shows, in words."""
    cells, left, height = [], 1, 0
    for panel in (Panel(*panel) for panel in panels):
        shapes = [list(getattr(x, "shape", ())) for x in (panel.numbers, panel.groups)]
        if len(shapes[0]) != 2 or shapes[0] != shapes[1]:
            raise ValueError(f"panel {panel.title!r}: numbers and groups must be (rows, columns), "
                             f"not {shapes[0]} and {shapes[1]}")
        rows, columns = panel.numbers.shape
        width = columns * CELL
        margin = max(0, (len(panel.title) * LETTER - width) // 2)
        left += margin
        cells.append(f'<text class="title" x="{left + width / 2:g}" y="15">'
                     f"{escape(panel.title)}</text>")
        for row in range(rows):
            for column in range(columns):
                x, y = left + column * CELL, TOP + row * CELL
                group = int(panel.groups[row, column])
                cells.append(
                    f'<rect class="group-{group}" x="{x}" y="{y}" width="{CELL}" height="{CELL}"/>'
                    f'<text x="{x + CELL / 2:g}" y="{y + CELL / 2 + 5:g}">'
                    f"{panel.numbers[row, column].item()}</text>")
        left += width + margin + GAP
        height = max(height, TOP + rows * CELL + 1)
    width = left - GAP + 1
    return (f'<svg class="figure" role="img" aria-label="{escape(says)}" width="{width}" '
            f'viewBox="0 0 {width} {height}" data-search-exclude>{"".join(cells)}</svg>')


def computed(figure: Mapping[str, Any]) -> list[tuple[str, torch.Tensor, torch.Tensor]]:
    """The panels of a figure's file. ValueError where their numbers do not follow its input."""
    if "INPUT" not in figure or "panels" not in figure:
        raise ValueError("the file must have INPUT, a tensor, and panels(x), which draws it")
    found, other = figure["panels"](figure["INPUT"]), figure["panels"](figure["INPUT"] + 1)
    for panel, changed in zip(found, other, strict=True):
        if panel[1].tolist() == changed[1].tolist():
            raise ValueError(f"panel {panel[0]!r}: another INPUT gives the same numbers; "
                             "are they typed?")
    return found


def drawn(guide: Guide, path: str, says: str) -> str:
    """The figure of a file, drawn once for each text of the snippets. GuideError names the file."""
    sources = [Path(__file__).read_text(), *(guide.text(file) for file in guide.snippets)]

    def make() -> str:
        try:
            return draw(computed(runpy.run_path(str(guide.root / path))), says)
        except Exception as error:
            raise GuideError(f"{path}: cannot be drawn: {type(error).__name__}: {error}") from error

    name = path.removeprefix("snippets/").replace("/", "-").removesuffix(".py")
    return kept(guide, f"figures/{name}.svg", says + "".join(sources), make)


class Figures(Treeprocessor):
    """Runs after the images of the page are found."""

    def __init__(self, md, current: Current):
        super().__init__(md)
        self.current = current

    def run(self, root):
        for parent in root.iter():
            for image in parent.findall("img"):
                if image.get("src", "").startswith(SCHEME):
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
