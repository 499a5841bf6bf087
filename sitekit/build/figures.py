"""`![what it shows](figure:shapes/permute_vs_reshape)`: a figure drawn from tensors.

The function `panels` of `snippets/shapes/figure_permute_vs_reshape.py` gives the
panels; each is drawn as a grid, inline, so that it follows the page's colours.
"""

from __future__ import annotations

import runpy
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

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
        if panel.numbers.dim() != 2 or panel.groups.shape != panel.numbers.shape:
            raise ValueError(f"panel {panel.title!r}: numbers {tuple(panel.numbers.shape)} and groups "
                             f"{tuple(panel.groups.shape)} must be (rows, columns)")
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


def drawn(guide: Guide, path: str, says: str) -> str:
    """The figure of a file, drawn once for each text of the snippets. GuideError names the file."""
    sources = [Path(__file__).read_text(), *(guide.text(file) for file in guide.snippets)]

    def make() -> str:
        try:
            return draw(runpy.run_path(str(guide.root / path))["panels"](), says)
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
