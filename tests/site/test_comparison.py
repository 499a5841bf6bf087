"""The suite compares what it runs, exactly, and says where it differs."""

import pytest
from bs4 import BeautifulSoup

from .conftest import assert_refused

WARNING = ("UserWarning: Using a target size (torch.Size([2])) that is different to the input size "
           "(torch.Size([2, 1])). This will likely lead to incorrect results due to broadcasting. "
           "Please ensure they have the same size.")


def session(project, text):
    project.page(f"```pycon\n{text}\n```\n")


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
    assert_refused(project.test(), "docs/planted.md:5")


def test_a_warning_that_is_not_shown(project):
    session(project, ">>> import torch\n>>> loss = torch.nn.functional.mse_loss("
                     "torch.ones(2, 1), torch.ones(2))")
    assert_refused(project.test(), "docs/planted.md:5")


@pytest.mark.parametrize(("shown", "passes"), [
    (WARNING, True), (WARNING.replace("likely", "surely"), False),
    (WARNING.replace("UserWarning", "RuntimeWarning"), False)])
def test_a_shown_warning_is_compared_each_time(project, shown, passes):
    call = (">>> loss = torch.nn.functional.mse_loss(torch.ones(2, 1), torch.ones(2))\n"
            f"{shown}\n")
    session(project, ">>> import torch\n" + call + call)
    assert (project.test().returncode == 0) == passes


def test_a_warning_of_torch_s_c_code_comes_each_time(project):
    """torch gives it once a process unless it is told otherwise."""
    call = (">>> y = torch.ones(2, 3, 4).T\n")
    session(project, ">>> import torch\n" + call + call)
    result = project.test()
    assert_refused(result, "docs/planted.md:5")
    assert_refused(result, "docs/planted.md:6")


def test_a_traceback_is_compared_whole(project):
    session(project, """\
>>> import torch
>>> torch.ones(2) @ torch.ones(3)
Traceback (most recent call last):
  File "anywhere", line 1, in <module>
RuntimeError: inconsistent tensor size, expected tensor [2] and src [3] to have the same number of elements, but got 2 and 3 elements respectively""")  # noqa: E501
    result = project.test()
    assert result.returncode == 0, result.stdout


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
    result = project.test()
    assert_refused(result, "docs/planted.md:4 (snippets/planted.py:5)")
    assert_refused(result, 'snippets/planted.py", line 11, in late')
    assert_refused(result, "docs/planted.md:12")


def test_blocks_share_a_namespace_and_pages_do_not(project):
    session(project, ">>> x = 1\n```\n\n```pycon\n>>> x\n1")
    project.page("```pycon\n>>> x\n1\n```\n", "second")
    result = project.test()
    assert_refused(result, "docs/second.md:4")
    assert "1 failed, 2 passed" in result.stdout


def test_the_device_is_the_default_device(project):
    session(project, ">>> import torch\n>>> torch.ones(1).device.type\n'meta'")
    assert project.test("--device", "meta", "docs").returncode == 0
    assert_refused(project.test(), "docs/planted.md:5")


def test_what_a_device_adds_to_a_print_is_overlooked(project):
    session(project, ">>> import torch\n>>> torch.ones(1)\ntensor(..., size=(1,))")
    result = project.test("--device", "meta", "docs")
    assert result.returncode == 0, result.stdout


def test_an_exclusion_is_listed_with_its_reason(project):
    session(project, ">>> 1\n2\n>>> 3\n3")
    project.write("tests/exclusions.toml", """
        [[exclusion]]
        page = "docs/planted.md"
        source = "1"
        device = "cpu"
        reason = "planted"
        """)
    result = project.test()
    assert result.returncode == 0, result.stdout
    assert "docs/planted.md: 1: planted" in result.stdout
    assert "1 passed, 1 deselected" in result.stdout


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
    result = project.test("snippets")
    assert_refused(result, "snippets/planted.py:3")
    assert_refused(result, "snippets/planted.py:11")


def test_examples_of_the_readme_run(project):
    project.write("README.md", "# Guide\n\n```pycon\n>>> 1\n2\n```\n")
    assert_refused(project.test("README.md"), "README.md:4")


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
    assert project.test().returncode == 0
    assert project.build().returncode == 0
    page = (project.root / "site/planted/index.html").read_text()
    copied = BeautifulSoup(page, "html.parser").find("code", attrs={"data-copy": True})["data-copy"]
    assert copied == (
        "import math\n\n\n"
        "def floor(x: float) -> int:\n    return math.floor(x)\n\n\n"
        "def half(x: float) -> float:\n    return floor(x) / 2\n\n\n"
        "def quarter(x: float) -> float:\n    return half(half(x)) * math.ceil(1)")
