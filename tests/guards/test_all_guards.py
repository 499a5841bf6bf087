import ast
import subprocess
import sys

from snippets.guards import all_guards
from tests.awkward import LeftOut, public
from tests.guide import GUIDE

AWKWARD = [LeftOut(all_guards.test_guarded_layer, "it is a test, and takes nothing")]

PAGE = "docs/guards/all-guards.md"
HELPERS = {"cost", "held"}  # what the guards of a page share
SPECIAL = {  # they need more than a model; the page on choosing tells what
    "commutes", "edges_of", "every_place_read", "finite_gradients_at_the_edge",
    "gradients_are_fresh", "initial_loss", "keeps_layout",
    "parts_add_up", "resumes_exactly", "same_in_eval_twice",
    "workers_and_epochs_differ"}


def copied():
    """The file that the copy button of the test gives."""
    return GUIDE.page(PAGE).examples[0].copied


def test_each_guard_of_the_folder_is_called():
    pages = {path for path in GUIDE.paths if path.startswith("docs/guards/")}
    guards = {name for path in pages - {PAGE, "docs/guards/judge.md"} for name in public(path)}
    test = next(node for node in ast.parse(copied()).body
                if getattr(node, "name", None) == "test_guarded_layer")
    called = {node.func.id for node in ast.walk(test)
              if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert len(guards - HELPERS - SPECIAL) == 12
    assert guards - HELPERS - SPECIAL <= called


def test_the_copied_file_imports_torch_and_the_standard_library_alone():
    nodes = list(ast.walk(ast.parse(copied())))
    modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)} | {
        alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert {module.partition(".")[0] for module in modules} <= {"torch", *sys.stdlib_module_names}


def test_pytest_finds_and_passes_the_copied_file(tmp_path):
    (tmp_path / "test_model.py").write_text(copied())
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_model.py"],
        capture_output=True, text=True, cwd=tmp_path)
    assert "1 passed" in result.stdout, result.stdout
