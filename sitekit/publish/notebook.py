"""A page as a notebook: Markdown between the examples, the examples as cells."""

import re
from contextlib import suppress
from posixpath import dirname, join, normpath

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_notebook

from ..read.guide import Guide
from ..read.page import Page, digest
from ..read.place import GuideError
from ..read.session import TRACEBACK
from ..run.runs import MADE

_HEADING_ID = re.compile(r" *\{ *#[\w-]+ *\}$", re.MULTILINE)
_FOLD = re.compile(r"^/// details \| (.+)$", re.MULTILINE)
_FOLD_END = re.compile(r"^///$", re.MULTILINE)
_FOLD_OF_TEXT = re.compile(r"^/// details \| (.+)\n((?:(?!///).*\n)*)///$", re.MULTILINE)
_FIGURE = re.compile(r"!\[([^\]]*)\]\(figure:[^)]*\)")
_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])+)\]\((?!https?:)([\w./-]*?)(?:\.md)?(#[\w-]+)?\)")


def plain(text: str) -> str:
    """Markdown with the words of figures and of folded parts' titles, for other readers."""
    return _FOLD.sub(r"**\1**", _FIGURE.sub(r"*Figure: \1*", text))


def to_notebook(page: Page, site: str = "") -> nbformat.NotebookNode:
    """The notebook of a page. A cell that is meant to raise is tagged so; a folded one is shut.

    Links to other pages lead to `site`, the address of the home page; without
    it their text stays.
    """
    cells, after, folds = [], 0, 0

    def link(found: re.Match) -> str:
        if not site:
            return found[1]
        here = page.name
        there = normpath(join(dirname(here), found[2])) if found[2] else here.removesuffix(".md")
        return f"[{found[1]}]({site}{there.removesuffix('index').rstrip('/')}/{found[3] or ''})"

    def add(kind: str, text: str, **fields) -> None:
        # nbformat's own would check each cell against the whole schema; `writes` checks them all
        cell = {"id": f"cell-{len(cells)}", "cell_type": kind, "source": text, "metadata": {}}
        cells.append(nbformat.from_dict(cell | fields))

    def add_prose(end: int) -> None:
        nonlocal folds
        text = _FOLD_OF_TEXT.sub(r"<details><summary>\1</summary>\n\n\2\n</details>",
                                 "\n".join(page.lines[after:end]))
        folds += len(_FOLD.findall(text)) - len(_FOLD_END.findall(text))
        text = _LINK.sub(link, _FOLD_END.sub("", plain(_HEADING_ID.sub("", text))))
        if text.strip():
            add("markdown", text.strip())

    for example in page.examples:
        add_prose(example.line - 1)
        after = example.line + example.text.count("\n") + 1
        if example.condition:
            continue
        for step in example.steps:
            raises = TRACEBACK in step.want
            add("code", step.copied.rstrip(), execution_count=None, outputs=[],
                metadata={"page": str(example.at),
                          "tags": ["raises-exception"] if raises else [],
                          **({"jupyter": {"source_hidden": True}} if folds else {})})
    add_prose(len(page.lines))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def text_of(page: Page, site: str = "") -> str:
    """The notebook of a page as the text of its file."""
    return nbformat.writes(to_notebook(page, site))


def check(guide: Guide, page: Page) -> None:
    """Execute the notebook of a page, once for each text of it. GuideError where a cell raises."""
    passed = (guide.root / MADE / "notebooks" / page.name).with_suffix(".sha256")
    key = digest(text_of(page))
    if passed.exists() and passed.read_text() == key:
        return
    execute(to_notebook(page))
    with suppress(OSError):  # a checkout that is read only
        passed.parent.mkdir(parents=True, exist_ok=True)
        passed.write_text(key)


def execute(notebook: nbformat.NotebookNode) -> None:
    """Run a copy of the notebook; GuideError where a cell raises unannounced."""
    client = NotebookClient(nbformat.from_dict(notebook), timeout=120,
                            extra_arguments=["--IPKernelApp.log_level=ERROR"])
    try:
        client.execute()
    except CellExecutionError as error:
        cells = [c for c in client.nb.cells if c.cell_type == "code"]
        failed = next(c for c in cells for o in c.outputs if o.output_type == "error"
                      and "raises-exception" not in c.metadata.tags)
        raise GuideError(
            f"{failed.metadata.page}: a cell raises {error.ename}: {error.evalue}") from None
