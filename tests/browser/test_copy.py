"""What the reader takes home by a click, from the clipboard or as a file, runs."""

import ast
import json
import re
import subprocess
import sys

import nbformat
import pytest

from sitekit.publish.notebook import execute
from sitekit.read.place import GuideError
from sitekit.read.session import TRACEBACK
from sitekit.run.runs import here
from tests.guide import GUIDE, ROOT

PAGES = [page for page in GUIDE.pages if page.examples]
SHOWN_ONLY = re.compile(r"^ *(>>>|Traceback \(most recent call last\))", re.MULTILINE)

# One file: its own `__main__` goes on, as a session does, where an example is meant to raise.
PASTE = """
def run(given, found):
    import ast, json

    raised = []
    for block, source in enumerate(json.load(open(given))):
        for statement in ast.parse(source).body:
            try:
                exec(compile(ast.Module([statement], []), f"block {block}", "exec"), globals())
            except Exception as error:
                raised.append((block, f"{type(error).__name__}: {error}"))
    json.dump(raised, open(found, "w"))

import sys
run(*sys.argv[1:])
"""


def copied(page) -> list[str]:
    """Click each copy button of a page and read the clipboard."""
    texts = []
    for button in page.locator("article [data-md-type=copy]").all():
        page.evaluate("navigator.clipboard.writeText('nothing was copied')")
        button.evaluate("button => button.closest('details')?.setAttribute('open', '')")
        button.click()
        page.wait_for_function(
            "async () => await navigator.clipboard.readText() != 'nothing was copied'")
        texts.append(page.evaluate("navigator.clipboard.readText()"))
    return texts


def without_docstrings(source: str) -> str:
    return re.sub(r'""".*?"""', '""', source, flags=re.DOTALL)


@pytest.fixture
def clipboard(visit):
    return lambda below: copied(visit(below, permissions=["clipboard-read", "clipboard-write"]))


@pytest.mark.parametrize("read", PAGES, ids=lambda read: read.path)
def test_what_the_buttons_of_a_page_copy_is_python_that_runs_in_order(
        clipboard, read, tmp_path):
    sources = clipboard(read.address)
    python = [text for text in sources if text in {e.copied.rstrip() for e in read.examples}]
    assert python == [example.copied.rstrip() for example in read.examples]
    for source in python:
        ast.parse(source)
        assert not SHOWN_ONLY.search(without_docstrings(source)), source

    shown = [e for e in read.examples if not e.condition]
    pasted = tmp_path / "pasted.json"
    pasted.write_text(json.dumps([example.copied for example in shown]))
    (tmp_path / "paste.py").write_text(PASTE)
    ran = subprocess.run([sys.executable, tmp_path / "paste.py", pasted, tmp_path / "raised.json"],
                         cwd=ROOT.parent, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr

    held = here().examples(read)
    announced = [place for place, example in enumerate(held) for step in example.steps
                 if TRACEBACK in step.want]
    raised = json.loads((tmp_path / "raised.json").read_text())
    assert [place for place, _ in raised] == announced, raised


@pytest.mark.parametrize("read", PAGES, ids=lambda read: read.path)
def test_the_notebook_of_a_page_runs_from_top_to_bottom(visit, read):
    page = visit(read.address)
    with page.expect_download() as started:
        page.locator("a[download][href$='.ipynb']").last.click()
    execute(nbformat.read(started.value.path(), as_version=4))


def test_a_notebook_with_a_cell_that_raises_unannounced_is_refused():
    cell = nbformat.v4.new_code_cell("1 / 0", metadata={"page": "planted", "tags": []})
    with pytest.raises(GuideError, match="planted: a cell raises ZeroDivisionError"):
        execute(nbformat.v4.new_notebook(cells=[cell]))


def test_a_click_on_the_name_of_a_snippet_saves_the_file(visit):
    page = visit("shapes/view-vs-reshape/")
    with page.expect_download() as started:
        page.locator("article .file a").first.click()
    assert started.value.suggested_filename == "view_vs_reshape.py"
    exec(compile(started.value.path().read_text(), "view_vs_reshape.py", "exec"), {})
