"""The text of the guide under stock Material, to compare with what a reader of that has."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from runpy import run_path
from statistics import median
from tempfile import TemporaryDirectory

from sitekit.build import figures
from tests.guide import GUIDE, ROOT

CONFIG = """\
site_name: PyTorch Intricacies
theme: {name: material}
plugins: [search]
markdown_extensions:
  - abbr
  - admonition
  - attr_list
  - footnotes
  - tables
  - toc: {permalink: true}
  - pymdownx.arithmatex: {generic: true}
  - pymdownx.blocks.details
  - pymdownx.highlight
  - pymdownx.inlinehilite
  - pymdownx.superfences
"""
OURS = ["conftest.py", "docs", "mkdocs.yml", "pyproject.toml", "sitekit", "snippets",
        "changes.txt", "tests/environments.toml", "tests/records", ".made"]
FIGURE = re.compile(r"!\[[^\]]*\]\(figure:([\w/]+)\)")
TWICE = """
import time
import sys
from pathlib import Path
from mkdocs.commands.build import build
from mkdocs.config import load_config

page = Path(sys.argv[1])
config = load_config(site_dir="site", strict=True)
config.plugins.on_startup(command="serve", dirty=False)
build(config)
for _ in range(int(sys.argv[2])):
    page.write_text(page.read_text() + "\\nA sentence more.\\n")
    start = time.process_time()
    build(load_config(site_dir="site", strict=True))
    print(time.process_time() - start)
"""


def write_stock(to: Path) -> None:
    """Write a project of stock Material: our pages as their readers see them."""
    for reading in GUIDE.pages:
        page = to / reading.path
        page.parent.mkdir(parents=True, exist_ok=True)

        def drawn(found) -> str:
            where, _, stem = found[1].rpartition("/")
            figure = run_path(str(ROOT / "snippets" / where / f"figure_{stem}.py"))
            panels = figures.drawn_panels(figure, figure["INPUT"])
            return "".join(f"<span>{title}{drawn}</span>" for title, drawn, _ in panels)

        source = (ROOT / reading.path).read_text().split("\n")
        above = source[:reading.places[0].line - 1]
        text = FIGURE.sub(drawn, reading.text)
        page.write_text("\n".join([*above, text]))
    (to / "mkdocs.yml").write_text(CONFIG)


def build_stock(to: Path) -> Path:
    """Write and build the project, and return the folder of its site."""
    write_stock(to)
    whole(to)
    return to / "site"


def write_ours(to: Path) -> None:
    """Copy what a build of the guide needs, so that a page can be edited."""
    for name in OURS:
        if (source := ROOT / name).exists():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copy)(source, to / name)


def _python(project: Path, *arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(project), "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run([sys.executable, *arguments], cwd=project, env=environment, check=True,
                          capture_output=True, text=True)
    return done.stdout


def whole(project: Path) -> float:
    """Return the seconds that a build takes as a command."""
    before = os.times()
    _python(project, "-m", "mkdocs", "build", "--strict", "--quiet")
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def again(project: Path, times: int = 3) -> list[float]:
    """Return the seconds that `mkdocs serve` takes after an edit of one page."""
    page = project / "docs/shapes/permute-vs-reshape.md"
    return [float(line) for line in _python(project, "-c", TWICE, str(page), str(times)).split()]


@contextmanager
def projects() -> Iterator[tuple[Path, Path]]:
    """Give the guide and the same text under stock Material, in folders of their own."""
    with TemporaryDirectory() as folder:
        ours, stock = Path(folder, "ours"), Path(folder, "stock")
        write_ours(ours)
        write_stock(stock)
        yield ours, stock


def build_times(times: int = 3) -> dict[str, tuple[float, float]]:
    """Return the median seconds of a build and of a rebuild, ours and stock Material's."""
    with projects() as pair:
        built = [[whole(project) for project in pair] for _ in range(times)]
        rebuilt = [again(project, times) for project in pair]
    return {"build": tuple(median(seconds) for seconds in zip(*built, strict=True)),
            "rebuild": tuple(median(seconds) for seconds in rebuilt)}


if __name__ == "__main__":
    for name, (ours, stock) in build_times().items():
        print(f"{name}: {ours:.2f} s, stock Material {stock:.2f} s, ratio {ours / stock:.2f}")
