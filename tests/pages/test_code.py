"""What a reader copies or downloads from a page runs alone."""

import builtins
import dis
import re
from types import CodeType

import pytest

from sitekit.build.copied import is_offered
from sitekit.publish.downloads import standalone
from sitekit.publish.notebook import to_notebook
from sitekit.read.session import TRACEBACK


def global_names(code: CodeType) -> set[str]:
    """The names that a function and the functions in it look up outside themselves."""
    looked_up = ("LOAD_GLOBAL", "LOAD_NAME")
    names = {i.argval for i in dis.get_instructions(code) if i.opname in looked_up}
    inner = (global_names(c) for c in code.co_consts if isinstance(c, CodeType))
    return names.union(*inner)


def missing_names(code: CodeType, namespace: dict) -> set[str]:
    missing = global_names(code) - set(namespace) - set(vars(builtins))
    return {name for name in missing if not name.startswith("__")}


def run_alone(text, where):
    code = compile(text, where, "exec")
    namespace = {"__name__": "copied"}
    exec(code, namespace)
    assert not (missing := missing_names(code, namespace)), f"{where}: needs {missing}"


def test_each_copied_section_runs_alone(page):
    for example in page.examples:
        if example.snippet:
            run_alone(example.copied, example.where)


@pytest.mark.only("snippet")
def test_a_downloaded_snippet_runs_alone(path, guide):
    for file in guide.with_stem(path).values():
        if file.startswith("snippets/") and is_offered(file):
            text = standalone(guide, file)
            assert not re.search(r"8<-|^ *(from|import) (snippets|sitekit|tests)", text, re.M)
            run_alone(text, file)


def test_a_missing_import_is_noticed():
    code = compile("def mean(x):\n    return torch.mean(x)\n", "planted", "exec")
    assert global_names(code) >= {"torch"}
    assert missing_names(code, {"mean": None}) == {"torch"}


def test_the_notebook_of_a_page_has_its_steps_and_no_outputs(page):
    notebook = to_notebook(page)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    steps = [s for e in page.examples if not e.condition for s in e.steps]
    assert [c.source for c in code] == [s.copied.rstrip() for s in steps]
    assert not any(cell.outputs for cell in code)
    tagged = ["raises-exception" in cell.metadata.tags for cell in code]
    assert tagged == [TRACEBACK in step.want for step in steps]
    prose = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    assert not re.search(r"8<-|^///|\{ *#|>>>|\.md[#)]|figure:", prose, re.MULTILINE)


