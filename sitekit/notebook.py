"""A page as a notebook: Markdown between the examples, the examples as cells."""

import re

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from .reading import TRACEBACK, PageError, Reading

_HEADING_ID = re.compile(r" *\{ *#[\w-]+ *\}$", re.MULTILINE)
_FOLD = re.compile(r"^/// details \| (.+)$", re.MULTILINE)
_FOLD_END = re.compile(r"^///$", re.MULTILINE)


def to_notebook(reading: Reading) -> nbformat.NotebookNode:
    """The notebook of a page. A cell that is meant to raise is tagged so."""
    cells, after = [], 0

    def add_prose(end: int) -> None:
        text = "\n".join(reading.lines[after:end])
        text = _FOLD_END.sub("", _FOLD.sub(r"**\1**", _HEADING_ID.sub("", text)))
        if text.strip():
            cells.append(new_markdown_cell(text.strip()))

    for example in reading.examples:
        add_prose(example.line - 1)
        after = example.line + example.text.count("\n") + 1
        if example.condition:
            continue
        for step in example.steps:
            raises = TRACEBACK in step.want
            cells.append(new_code_cell((step.imports + step.source).rstrip(), metadata={
                "page": str(example.page), "tags": ["raises-exception"] if raises else []}))
    add_prose(len(reading.lines))
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def execute(notebook: nbformat.NotebookNode) -> None:
    """Run a copy of the notebook; PageError where a cell raises unannounced."""
    client = NotebookClient(nbformat.from_dict(notebook), timeout=120,
                            extra_arguments=["--IPKernelApp.log_level=ERROR"])
    try:
        client.execute()
    except CellExecutionError as error:
        cells = [c for c in client.nb.cells if c.cell_type == "code"]
        failed = next(c for c in cells for o in c.outputs if o.output_type == "error"
                      and "raises-exception" not in c.metadata.tags)
        raise PageError(
            f"{failed.metadata.page}: a cell raises {error.ename}: {error.evalue}") from None
