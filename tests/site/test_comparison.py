"""A file is run in a process of its own, and compared exactly with what its page shows."""

import os

import pytest

from sitekit.read.environment import Environment
from sitekit.run import runs as running
from sitekit.run.compare import tidy
from sitekit.run.lines import unexecuted
from sitekit.run.runs import here, run_file

from .conftest import article_of, assert_says

WARNING = ("UserWarning: Using a target size (torch.Size([2])) that is different to the input size "
           "(torch.Size([2, 1])). This will likely lead to incorrect results due to broadcasting. "
           "Please ensure they have the same size.")


def session(project, text, name="planted"):
    project.page(f"```pycon\n{text}\n```\n", name)


def says(project, *words):
    assert_says("\n".join(project.problems()), *words)


# --- outputs --------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "want"), [
    ("torch.ones(2)", "tensor([0., 0.])"),
    ("torch.ones(2)", "tensor([1., 1.], dtype=torch.float64)"),
    ("torch.ones(2)", "tensor([1.,  1.])"),
    ("torch.ones(2)", "tensor([1.00, 1.00])"),
    ("torch.ones(2)", "tensor(...)"),
    ("torch.ones(2)", "tensor([1., 1.], device='cuda:0')"),
    ("1 / 3", "0.333"),
    ("True", "1"),
    ("1", ""),
    ("print(1)", "1\n1"),
    ("import sys; print(1, file=sys.stderr)", ""),
    ("int('x')", "Traceback (most recent call last):\n  ...\nValueError: invalid literal"),
    ("int('x')", "Traceback (most recent call last):\n  ...\nTypeError: invalid literal for int() "
                 "with base 10: 'x'"),
    ("1", "Traceback (most recent call last):\n  ...\nValueError: x"),
])
def test_an_output_that_is_not_the_real_one(project, source, want):
    session(project, f">>> import torch\n>>> {source}\n{want}".rstrip())
    says(project, "docs/planted.md:5")


def test_a_warning_that_is_not_shown(project):
    session(project, ">>> import torch\n>>> loss = torch.nn.functional.mse_loss("
                     "torch.ones(2, 1), torch.ones(2))")
    says(project, "docs/planted.md:5")


@pytest.mark.parametrize(("shown", "passes"), [
    (WARNING, True), (WARNING.replace("likely", "surely"), False),
    (WARNING.replace("UserWarning", "RuntimeWarning"), False)])
def test_a_shown_warning_is_compared_each_time(project, shown, passes):
    call = (">>> loss = torch.nn.functional.mse_loss(torch.ones(2, 1), torch.ones(2))\n"
            f"{shown}\n")
    session(project, ">>> import torch\n" + call + call)
    assert (project.problems() == []) == passes


def test_a_warning_of_torch_s_c_code_comes_each_time(project):
    """torch gives it once a process unless it is told otherwise."""
    call = ">>> y = torch.ones(2, 3, 4).T\n"
    session(project, ">>> import torch\n" + call + call)
    says(project, "docs/planted.md:5")
    says(project, "docs/planted.md:6")


def test_a_traceback_is_compared_whole(project):
    session(project, """\
>>> import torch
>>> torch.ones(2) @ torch.ones(3)
Traceback (most recent call last):
  ...
RuntimeError: inconsistent tensor size, expected tensor [2] and src [3] to have the same number of elements, but got 2 and 3 elements respectively""")  # noqa: E501
    assert project.problems() == []


def test_a_failure_names_the_snippet_too(project):
    project.write("snippets/planted.py", """\
        import torch


        # --8<-- [start:broken]
        broken = torch.ones(2) + torch.ones(3)
        # --8<-- [end:broken]


        # --8<-- [start:late]
        def late() -> None:
            raise ValueError("late")
        # --8<-- [end:late]
        """)
    project.page("""\
        ```python
        --8<-- "planted.py:broken"
        ```

        ```python
        --8<-- "planted.py:late"
        ```

        ```pycon
        >>> late()
        ```
        """)
    says(project, "docs/planted.md:4 (snippets/planted.py:5)")
    says(project, 'snippets/planted.py", line 11, in late')
    says(project, "docs/planted.md:12")


def test_what_ends_the_session_is_a_problem_even_where_it_is_shown(project):
    session(project, ">>> import sys\n>>> sys.exit()\nTraceback (most recent call last):\n"
                     "  ...\nSystemExit\n>>> 1\n1")
    says(project, "SystemExit ends the session")
    says(project, "docs/planted.md:9")  # and what stands behind it is not reached


def test_a_process_that_dies_says_where_and_how(project):
    session(project, ">>> import os\n>>> 1\n1\n>>> os.abort()\n>>> 2\n2")
    says(project, "docs/planted.md:7")
    says(project, "the process ended: SIGABRT")


def test_a_process_that_hangs_is_ended(project, monkeypatch):
    monkeypatch.setattr(running, "LIMIT", 2)
    session(project, ">>> import time\n>>> time.sleep(60)")
    says(project, "nothing came for 2 seconds")


# --- namespaces, devices, docstrings ---------------------------------------------------


def test_blocks_share_a_namespace_and_pages_do_not(project):
    session(project, ">>> x = 1\n```\n\n```pycon\n>>> x\n1")
    session(project, ">>> x\n1", "second")
    assert project.problems() == []
    assert_says("\n".join(project.problems("docs/second.md")), "docs/second.md:4")


def test_the_device_is_the_default_device(project):
    session(project, ">>> import torch\n>>> torch.ones(1).device.type\n'meta'")
    assert project.problems(device="meta") == []
    says(project, "docs/planted.md:5")


def test_what_a_device_adds_to_a_print_is_overlooked(project):
    session(project, ">>> import torch\n>>> torch.ones(1)\ntensor(..., size=(1,))")
    assert project.problems(device="meta") == []


def test_a_device_without_processes_of_its_own_runs_in_this_one(project, monkeypatch):
    """As on a GPU, whose files share a process; the GPU itself is not needed to see it."""
    session(project, ">>> import os\n>>> print(os.getpid())")
    monkeypatch.setattr(running, "in_this_process", lambda device: True)
    assert run_file(project.guide, "docs/planted.md", here()).outcomes[1].got == str(os.getpid())


EXCLUSION = """
    [[exclusion]]
    file = "docs/planted.md"
    source = ">>> 1"
    device = "cpu"
    reason = "planted"
    """


def test_an_exclusion_is_left_out_by_whoever_runs_the_page(project):
    session(project, ">>> 1\n2\n>>> 3\n3")
    project.write("tests/exclusions.toml", EXCLUSION)
    assert project.problems() == []
    project.write("tests/exclusions.toml", EXCLUSION.replace("cpu", "meta"))
    assert len(project.problems()) == 1


def test_an_exclusion_of_nothing(project):
    session(project, ">>> 3\n3")
    project.write("tests/exclusions.toml", EXCLUSION)
    with pytest.raises(Exception, match=r"docs/planted\.md has no '>>> 1'"):
        project.problems()


def test_docstrings_of_snippets_run(project):
    project.write("snippets/planted.py", '''\
        """Planted.

        >>> double(2)
        5
        """


        def double(x: int) -> int:
            """Return twice `x`.

            >>> double(1)
            3
            """
            return 2 * x
        ''')
    problems = "\n".join(project.problems("snippets/planted.py"))
    assert_says(problems, "snippets/planted.py:3")
    assert_says(problems, "snippets/planted.py:11")


def test_examples_of_the_readme_run(project):
    project.write("README.md", "# Guide\n\n```pycon\n>>> 1\n2\n```\n")
    assert_says("\n".join(project.problems("README.md")), "README.md:4")


def test_other_outputs_hold_where_their_condition_is_true(project):
    session(project, '>>> 1\n1\n```\n\n```pycon title="torch < 2.12"\n>>> 1\n2\n```\n\n'
                     '```pycon title="cuda"\n>>> 1\n3')
    page = project.guide.page("docs/planted.md")
    held = {name: Environment(*name).examples(page)[0].steps[0].want
            for name in [("2.13.0", "cpu"), ("2.11.0", "cpu"), ("2.13.0", "cuda")]}
    assert list(held.values()) == ["1\n", "2\n", "3\n"]
    assert project.problems() == []
    assert "torch &lt; 2.12" in project.html()


def test_an_output_may_hold_for_a_python(project):
    session(project, '>>> 1\n1\n```\n\n```pycon title="python >= 3.13"\n>>> 1\n2')
    page = project.guide.page("docs/planted.md")
    held = [Environment("2.13.0", python=python).examples(page)[0].steps[0].want
            for python in ("3.11", "3.13", "3.14")]
    assert held == ["1\n", "2\n", "2\n"]


@pytest.mark.parametrize(("condition", "device", "torch", "true"), [
    ("torch < 2.13", "cpu", "2.11.0", True), ("torch < 2.13", "cpu", "2.13.0", False),
    ("torch >= 2.13", "cpu", "2.13.0", True), ("torch >= 2.9", "cpu", "2.13.0", True),
    ("torch < 2.9", "cuda", "2.13.0", False), ("torch >= 2.15", "cpu", "2.15.0", True),
    ("cuda", "cuda", "2.13.0", True), ("cuda", "cpu", "2.13.0", False),
    ("cpu", "cpu", "2.13.0", True),
])
def test_a_condition_is_true_where_it_says(condition, device, torch, true):
    assert Environment(torch, device).meets(condition) == true


# --- what is taken along --------------------------------------------------------------


def test_a_section_brings_what_it_takes_from_another_snippet(project):
    project.write("snippets/common.py", """\
        import math


        # --8<-- [start:half]
        def half(x: float) -> float:
            return floor(x) / 2
        # --8<-- [end:half]


        # --8<-- [start:floor]
        def floor(x: float) -> int:
            return math.floor(x)
        # --8<-- [end:floor]
        """)
    project.write("snippets/planted.py", """\
        import math
        import torch

        from snippets.common import half


        # --8<-- [start:quarter]
        def quarter(x: float) -> float:
            return half(half(x)) * math.ceil(1)
        # --8<-- [end:quarter]
        """)
    include = '```python\n--8<-- "{}.py:{}"\n```\n\n'
    project.page(include.format("planted", "quarter") + "```pycon\n>>> quarter(8.5)\n2.0\n```\n\n"
                 + include.format("common", "half") + include.format("common", "floor"))
    assert project.refusal() == ""
    assert project.problems() == []
    copied = article_of(project.html()).find("code", attrs={"data-copy": True})["data-copy"]
    assert copied == (
        "import math\n\n\n"
        "def floor(x: float) -> int:\n    return math.floor(x)\n\n\n"
        "def half(x: float) -> float:\n    return floor(x) / 2\n\n\n"
        "def quarter(x: float) -> float:\n    return half(half(x)) * math.ceil(1)")


# --- run and unable to fail ------------------------------------------------------------


def lines_of(project):
    return "\n".join(unexecuted(project.runs(anew=True), "docs/planted.md"))


@pytest.mark.parametrize(("source", "line"), [
    ("if 0:\n...     assert 1 == 2", 5),
    ("for x in []:\n...     assert x == 2", 5),
    ("while False:\n...     assert 1 == 2", 5),
    ("def f():\n...     return 1 / 0", 5),
    ("try:\n...     x = 1\n... except ValueError:\n...     x = 2", 7),
    ("class A:\n...     def f(self):\n...         return 2", 6),
    ("1 / 0; x = 2\nTraceback (most recent call last):\n  ...\n"
     "ZeroDivisionError: division by zero", 4),
])
def test_a_shown_line_that_nothing_executes_is_named(project, source, line):
    session(project, f">>> {source}")
    assert project.problems() == []
    assert_says(lines_of(project), f"docs/planted.md:{line}: nothing executes")


@pytest.mark.parametrize("source", [
    "for x in [1]:\n...     assert x == 1",
    "def f():\n...     '''Say nothing.'''\n...     return (\n...         1)\n>>> f()\n1",
    "x: int\n>>> x = 2",
    "import multiprocessing\n>>> def f():\n...     print(1)\n>>> p = multiprocessing."
    "get_context('fork').Process(target=f)\n>>> p.start()\n>>> p.join()",
])
def test_a_line_that_is_executed_is_not_named(project, source):
    session(project, f">>> {source}")
    assert project.problems() == []
    assert lines_of(project) == ""


def test_a_branch_of_a_snippet_that_nothing_executes_is_named(project):
    project.write("snippets/planted.py", """\
        # --8<-- [start:sign]
        def sign(x: float) -> int:
            if x > 0:
                return 1
            return -1
        # --8<-- [end:sign]
        """)
    project.page('```python\n--8<-- "planted.py:sign"\n```\n\n```pycon\n>>> sign(2)\n1\n```\n')
    assert lines_of(project) == "snippets/planted.py:5: nothing executes 'return -1'"
    project.write("tests/exclusions.toml", """
        [[exclusion]]
        file = "snippets/planted.py"
        source = "return -1"
        device = "cpu"
        reason = "planted"
        """)
    assert lines_of(project) == ""


@pytest.mark.parametrize("said", [
    "DeprecationWarning: This process (pid=7) is multi-threaded, use of fork() may lead to "
    "deadlocks in the child.\n",
    "RuntimeWarning: Guards may run slower on Python 3.13.0. Consider upgrading to 3.13.1+.\n"])
def test_what_a_python_says_of_itself_is_overlooked(said):
    assert tidy(f"{said}3\n", "cpu") == "3"


def test_a_hint_of_python_behind_an_error_is_overlooked():
    error = "AttributeError: 'Linear' object has no attribute 'module'"
    assert tidy(f"{error}. Did you mean: 'modules'?\n", "cpu") == error
    assert tidy("Did you mean to set out_dims=?\n", "cpu") == "Did you mean to set out_dims=?"


@pytest.mark.parametrize(("older", "newer"), [
    ("RecursionError: maximum recursion depth exceeded while calling a Python object",
     "RecursionError: maximum recursion depth exceeded"),
    ("AttributeError: Can't pickle local object 'f.<locals>.g'",
     "AttributeError: Can't get local object 'f.<locals>.g'")])
def test_an_error_that_two_pythons_word_differently_is_one(older, newer):
    assert tidy(older, "cpu") == tidy(newer, "cpu")
