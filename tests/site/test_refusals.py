"""What bad input gets: a non-zero exit and one line that says where."""

import pytest

from .conftest import assert_refused

SNIPPET = """\
    import torch


    # --8<-- [start:double]
    def double(x: torch.Tensor) -> torch.Tensor:
        return x + x
    # --8<-- [end:double]
    """
SHOWN = """
    ```python
    --8<-- "planted.py:double"
    ```
    """


def refused_twice(project, *words):
    """Both the build and the suite refuse the page."""
    assert_refused(project.build(), *words)
    assert_refused(project.test(), *words)


def test_a_sound_page_builds_and_passes(project):
    project.write("snippets/planted.py", SNIPPET)
    project.page(SHOWN + """
        ```pycon
        >>> import torch
        >>> double(torch.arange(3))
        tensor([0, 2, 4])
        ```
        """)
    built, tested = project.build(), project.test()
    assert built.returncode == 0, built.stdout
    assert tested.returncode == 0, tested.stdout
    assert "3 passed" in tested.stdout


@pytest.mark.parametrize(("include", "words"), [
    ('--8<-- "absent.py:double"', ["docs/planted.md:4", "no file snippets/absent.py"]),
    ('--8<-- "planted.py:triple"', ["docs/planted.md:4", "planted.py has no section 'triple'"]),
    ('--8<-- "planted.py:double" ', ["docs/planted.md:4", "an include is"]),
    ('--8<-- "planted.py"', ["docs/planted.md:4", "an include is"]),
    ('--8<-- "planted.py:4:7"', ["docs/planted.md:4", "an include is"]),
    ('-8<- "planted.py:double"', ["docs/planted.md:4", "an include is"]),
    ("--8<--", ["docs/planted.md:4", "an include is"]),
    ('--8<-- "planted.py:double"\nx = 1', ["docs/planted.md:3", "one include"]),
])
def test_an_include_that_is_not_one_section(project, include, words):
    project.write("snippets/planted.py", SNIPPET)
    project.page(f"```python\n{include}\n```\n")
    refused_twice(project, *words)


@pytest.mark.parametrize(("old", "new", "words"), [
    ("# --8<-- [end:double]\n", "", ["snippets/planted.py:4", "'double' is not closed"]),
    ("[start:double]", "[begin:double]", ["snippets/planted.py:4", "a marker is"]),
    ("# --8<-- [start:double]\n", "", ["snippets/planted.py:6", "ends but does not start"]),
    ("[end:double]", "[end:double] ", ["snippets/planted.py:7", "a marker is"]),
])
def test_a_section_that_is_not_closed(project, old, new, words):
    assert old in SNIPPET
    project.write("snippets/planted.py", SNIPPET.replace(" " * 4 + old, new and " " * 4 + new)
                  if old.endswith("\n") else SNIPPET.replace(old, new))
    project.page(SHOWN)
    refused_twice(project, *words)


def test_a_section_that_stands_twice(project):
    project.write("snippets/planted.py", SNIPPET + SNIPPET)
    project.page(SHOWN)
    refused_twice(project, "snippets/planted.py:11", "'double' is doubled")


def test_a_section_that_no_page_shows(project):
    project.write("snippets/planted.py", SNIPPET)
    project.page("No code.")
    assert_refused(project.build(), "snippets/planted.py:4", "no page shows section 'double'")


def test_two_pages_of_one_stem(project):
    project.page("First.")
    project.page("Second.", "other/planted")
    assert_refused(project.build(), "docs/planted.md", "docs/other/planted.md has the same stem")


def test_a_link_to_no_page(project):
    project.page("[gone](absent.md)")
    assert_refused(project.build(), "planted.md", "absent.md")


def test_a_link_to_no_anchor(project):
    project.page("[gone](index.md#absent)")
    assert_refused(project.build(), "planted.md", "#absent")


@pytest.mark.parametrize("formula", [r"$\frac{1}$", "$$\n\\begin{aligned} a\n$$"])
def test_latex_that_does_not_convert(project, formula):
    project.page(f"Then {formula}." if formula.startswith("$\\") else f"\n{formula}\n")
    name = "frac" if "frac" in formula else "aligned"
    assert_refused(project.build(), "docs/planted.md", "invalid LaTeX", name)


@pytest.mark.parametrize("fence", [
    "py", " python", 'python title="double.py"', 'python hl_lines="1"', "{ .python .annotate }",
    "pycon linenums=1", "", "Python"])
def test_a_fence_that_sybil_would_skip(project, fence):
    project.page(f"```{fence}\n>>> 1\n2\n```\n")
    refused_twice(project, "docs/planted.md:3", "a fence is followed by one of")


def test_a_fence_that_is_not_closed(project):
    project.page("```pycon\n>>> 1\n1\n")
    refused_twice(project, "docs/planted.md:3", "not closed")


@pytest.mark.parametrize(("image", "words"), [
    ("![It is 1.](figure:absent)", "no file snippets/figure_absent.py"),
    ("![](figure:planted)", "figure:planted does not say what it shows")])
def test_a_figure_that_is_not_there_or_says_nothing(project, image, words):
    project.write("snippets/figure_planted.py", "panels = list")
    project.page(image)
    assert_refused(project.build(), "docs/planted.md", words)


@pytest.mark.parametrize("text", ["import torch\ntorch.ones(1)", ">>> torch.ones(1)"])
@pytest.mark.parametrize("language", ["text", "console"])
def test_python_in_a_fence_that_does_not_run(project, language, text):
    project.page(f"```{language}\n{text}\n```\n")
    refused_twice(project, "docs/planted.md:3", f"this {language} fence is Python")


@pytest.mark.parametrize(("session", "words"), [
    (">>> # not run\ntorch.ones(1)\ntensor([2.])", ["nothing but a comment"]),
    (">>> # not run\n>>> 1\n1", ["nothing but a comment"]),
    (">>> 1  # doctest: +SKIP\n2", ["no doctest directives"]),
    (">>> 1.0  # doctest: +NUMBER\n1.4", ["invalid option: '+NUMBER'"]),
    ("# first\n>>> 1\n1", ["nothing runs or compares '# first'"]),
    ("print(1)\n1", ["nothing runs or compares 'print(1)'"]),
    ("", ["without a prompt"]),
    ("\n>>> print(1)\n1\n\n2", ["nothing runs or compares '2'"]),
    (">>>print(1)\n2", ["lacks blank"]),
])
def test_a_session_with_lines_that_would_not_count(project, session, words):
    project.page(f"```pycon\n{session}\n```\n")
    refused_twice(project, "docs/planted.md:3", *words)


def test_a_prompt_in_a_python_fence(project):
    project.page("```python\n>>> 1\n```\n")
    refused_twice(project, "docs/planted.md:3", "a session is a pycon fence")


def test_a_notebook_cell_that_raises(project):
    project.write("docs/planted.md", """\
        ---
        notebook: true
        ---
        # Planted {#planted}

        ```pycon
        >>> 1 / 0
        inf
        ```
        """)
    assert_refused(project.build(), "docs/planted.md:7", "ZeroDivisionError: division by zero")


def test_a_stored_notebook(project):
    project.write("docs/planted.ipynb", "{}")
    assert_refused(project.build(), "docs/planted.ipynb", "a stored notebook can hold")


@pytest.mark.parametrize(("device", "words"), [
    ("gpu", ["--device gpu", "not one of cpu, cuda, meta"]),
    ("cuda", ["--device cuda", "torch sees no GPU"]),
])
def test_a_device_that_is_not_there(project, device, words):
    project.page("```pycon\n>>> 1\n1\n```\n")
    assert_refused(project.test("--device", device), *words)


def test_an_exclusion_of_nothing(project):
    project.page("```pycon\n>>> 1\n1\n```\n")
    project.write("tests/exclusions.toml", """
        [[exclusion]]
        page = "docs/planted.md"
        source = "2"
        device = "cpu"
        reason = "planted"
        """)
    assert_refused(project.test(), "tests/exclusions.toml", "docs/planted.md has no '2'")
