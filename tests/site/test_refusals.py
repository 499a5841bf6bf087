"""What bad input gets: one line that says where. tests/site/test_commands.py tells who says it."""

import pytest

from .conftest import assert_says

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
SESSION = "```pycon\n>>> 1\n1\n```\n"


def refused(project, *words):
    assert_says(project.refusal(), *words)


def test_a_sound_page_is_not_refused(project):
    project.write("snippets/planted.py", SNIPPET)
    project.page(SHOWN + """
    ```pycon
    >>> import torch
    >>> double(torch.arange(3))
    tensor([0, 2, 4])
    ```
    """)
    assert project.refusal() == ""
    assert project.problems() == []


# --- includes ---------------------------------------------------------------------


@pytest.mark.parametrize(("include", "words"), [
    ('--8<-- "absent.py:double"', ["docs/planted.md:4", "no file snippets/absent.py"]),
    ('--8<-- "planted.py:triple"', ["docs/planted.md:4", "planted.py has no section 'triple'"]),
    ('--8<-- "planted.py:double" ', ["docs/planted.md:4", "an include is"]),
    ('--8<-- "planted.py"', ["docs/planted.md:4", "an include is"]),
    ('--8<-- "planted.py:4:7"', ["docs/planted.md:4", "an include is"]),
    ('--8<-- "../planted.py:double"', ["docs/planted.md:4", "an include is"]),
    ('--8<-- "./planted.py:double"', ["docs/planted.md:4", "an include is"]),
    ('-8<- "planted.py:double"', ["docs/planted.md:4", "an include is"]),
    ("--8<--", ["docs/planted.md:4", "an include is"]),
    ('--8<-- "planted.py:double"\nx = 1', ["docs/planted.md:3", "one include"]),
])
def test_an_include_that_is_not_one_section(project, include, words):
    project.write("snippets/planted.py", SNIPPET)
    project.page(f"```python\n{include}\n```\n")
    refused(project, *words)


@pytest.mark.parametrize("around", ["```text\n{}\n```\n", "{}\n", "```pycon\n>>> 1\n1\n{}\n```\n"])
def test_an_include_that_would_not_run(project, around):
    project.write("snippets/planted.py", SNIPPET)
    project.page(around.format('--8<-- "planted.py:double"'))
    refused(project, "docs/planted.md:")


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
    refused(project, *words)


def test_a_section_that_stands_twice(project):
    project.write("snippets/planted.py", SNIPPET + SNIPPET)
    project.page(SHOWN)
    refused(project, "snippets/planted.py:11", "'double' is doubled")


def test_a_section_that_no_page_shows(project):
    project.write("snippets/planted.py", SNIPPET)
    project.page("No code.")
    refused(project, "snippets/planted.py:4", "no page shows section 'double'")


# --- files ------------------------------------------------------------------------


def test_two_pages_of_one_stem(project):
    project.page("First.")
    project.page("Second.", "other/planted")
    refused(project, "docs/planted.md", "docs/other/planted.md has the same stem")


@pytest.mark.parametrize("name", ["docs/x.html", "docs/x.markdown", "docs/planted.ipynb",
                                  "docs/data.json", "snippets/x.md"])
def test_a_file_that_is_published_and_never_run(project, name):
    project.write(name, "<pre>&gt;&gt;&gt; 1\n2</pre>")
    refused(project, name, "holds .", "and nothing else")


@pytest.mark.parametrize("name", ["docs/planted.md", "snippets/planted.py", "changes.txt",
                                  "tests/exclusions.toml"])
def test_a_file_that_is_no_text(project, name):
    project.page(SHOWN)
    project.write("snippets/planted.py", SNIPPET)
    (project.root / name).write_bytes(b"\xff\xfe1")
    guide = project.guide
    with pytest.raises(Exception, match=f"{name}: not UTF-8"):
        _ = guide.pages, guide.changes, guide.exclusions


def test_a_page_that_is_a_link_is_read_where_it_stands(project):
    project.write("elsewhere.md", "# A {#a}\n\n" + SESSION)
    (project.root / "docs/planted.md").symlink_to(project.root / "elsewhere.md")
    assert project.refusal() == ""
    assert project.problems() == []


def test_pages_that_are_reached_by_a_link_to_a_folder(project):
    project.write("elsewhere/planted.md", "# A {#a}\n\n" + SESSION)
    (project.root / "docs/linked").symlink_to(project.root / "elsewhere")
    refused(project, "docs/linked/planted.md", "put the page itself into docs/")


# --- front matter and lists ---------------------------------------------------------


@pytest.mark.parametrize(("matter", "words"), [
    ("title: [a", ["docs/planted.md:3", "not YAML"]),
    ("title: a: b", ["docs/planted.md:2", "not YAML"]),
    ("- title", ["docs/planted.md:2", "no list of fields"]),
    ("order: first", ["docs/planted.md", "order", "'first'", "a number"]),
    ("title: 3", ["docs/planted.md", "title", "a text"]),
    ("hide: toc", ["docs/planted.md", "hide", "'toc'", "a list"]),
    ("causes: {a: b}", ["docs/planted.md", "'causes'", "it may have title"]),
    ("notebook: maybe", ["docs/planted.md", "notebook", "true or false"]),
    ("tittle: A", ["docs/planted.md", "'tittle'", "it may have title"]),
])
def test_front_matter_that_is_none(project, matter, words):
    project.write("docs/planted.md", f"---\n{matter}\n---\n# A {{#a}}\n")
    refused(project, *words)


@pytest.mark.parametrize(("name", "text", "words"), [
    ("tests/exclusions.toml", "[[exclusion]", ["tests/exclusions.toml", "not TOML", "line 1"]),
    ("tests/exclusions.toml", "[[exclusion]]\nfile = 'a'", ["exclusion 1 lacks 'source'"]),
    ("tests/exclusions.toml", "exclusion = 1", ["tests/exclusions.toml", "[[exclusion]]"]),
    ("tests/environments.toml", "[[environment]]\ntorch = 2.1", ["1: torch is no text"]),
    ("tests/planted.toml", "[[claim]]\nsays = 'a'", ["tests/planted.toml", "lacks 'section'"]),
    ("tests/planted.toml", "[[claims]]", ["tests/planted.toml", "'claims' is neither"]),
    ("tests/planted.toml", "[[claim]]\npage = 'a'", ["tests/planted.toml", "has 'page'"]),
])
def test_a_list_that_is_none(project, name, text, words):
    project.page(SESSION)
    project.write(name, text)
    guide = project.guide
    with pytest.raises(Exception, match="toml") as refusal:
        _ = guide.exclusions, guide.environments, guide.beside("docs/planted.md")
    assert_says(str(refusal.value), *words)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("line", [
    "yesterday  planted.md  New", "2026-01-02  planted.md", "2026-01-01  planted.md  Older"])
def test_a_line_that_is_no_change(project, line):
    project.write("changes.txt", f"2026-01-02  index.md  New\n{line}\n")
    refused(project, "changes.txt:2", line)


def test_an_address_that_is_gone(project):
    project.write("changes.txt", "2026-01-02  old.md  New\n")
    refused(project, "changes.txt", "old.md was there once", "make moved OLD=old")


@pytest.mark.parametrize("heading", ["## B {#a}", "# A {#a}"])
def test_two_headings_of_one_id(project, heading):
    project.write("docs/planted.md", f"# A {{#a}}\n\nText.\n\n{heading}\n")
    refused(project, "docs/planted.md:5", "a second heading #a")


# --- links, formulas, figures, names -----------------------------------------------


def test_a_link_to_no_page(project):
    project.page("[gone](absent.md)")
    refused(project, "planted.md", "absent.md")


def test_a_link_to_no_anchor(project):
    project.page("[gone](index.md#absent)")
    refused(project, "planted.md", "#absent")


@pytest.mark.parametrize(("formula", "name"), [
    (r"$\frac{1}$", "frac"), ("$$\n\\begin{aligned} a\n$$", "aligned"), ("$50 % of it$", "write")])
def test_latex_that_does_not_convert(project, formula, name):
    project.page(f"\n{formula}\n" if formula.startswith("$$") else f"Then {formula}.")
    refused(project, "docs/planted.md", "invalid LaTeX", name)


FIGURE = "import torch\nINPUT = torch.arange(2)\ndef panels(x):\n    return "
TYPED = FIGURE + "[{'grid': INPUT, 'says': f'It is {x[0]}'}]"
SAID = FIGURE + "[{'grid': x, 'says': f'It is {x[1]}'}]"


@pytest.mark.parametrize(("image", "text", "words"), [
    ("![It is 1.](figure:absent)", "panels = list", ["no file snippets/figure_absent.py"]),
    ("![](figure:planted)", "panels = list", ["figure:planted does not say what it shows"]),
    ("![A.](figure:planted)", FIGURE + "1 / 0",
     ["snippets/figure_planted.py: cannot be drawn: ZeroDivisionError"]),
    ("![A.](figure:planted)", "def panels(): return []",
     ["snippets/figure_planted.py: cannot be drawn", "must have INPUT"]),
    ("![It is 0.](figure:planted)", TYPED, ["another INPUT gives the same; is it typed?"]),
    ("![It is 2.](figure:planted)", SAID, ["it computes 'It is 1', and its words do not say so"]),
    ("![It is 1 of 2.](figure:planted)", SAID, ["its words say 2, outside of what it computes"]),
    ("![It is so.](figure:planted)", FIGURE + "[{'grid': x}]",
     ["must name a number that it computes"]),
    ("![It is 1.](figure:planted) " * 3, SAID, ["3 figures; a page has 2 at most"]),
])
def test_a_figure_that_is_not_there_or_says_nothing(project, image, text, words):
    project.write("snippets/figure_planted.py", text)
    project.page(image)
    refused(project, *words)


def test_a_name_that_torch_does_not_have(project):
    project.page("Text.\n\nUse `torch.wehre(x)`.\n")
    refused(project, "docs/planted.md:5: torch has no torch.wehre")


# --- fences and sessions ------------------------------------------------------------


@pytest.mark.parametrize("fence", [
    "py", " python", 'python title="double.py"', 'python hl_lines="1"', "{ .python .annotate }",
    "pycon linenums=1", "", "Python"])
def test_a_fence_that_sybil_would_skip(project, fence):
    project.page(f"```{fence}\n>>> 1\n2\n```\n")
    refused(project, "docs/planted.md:3", "a fence is followed by one of")


def test_a_fence_that_is_not_closed(project):
    project.page("```pycon\n>>> 1\n1\n")
    refused(project, "docs/planted.md:3", "not closed")


@pytest.mark.parametrize("text", [
    "import torch\ntorch.ones(1)", ">>> torch.ones(1)", ">>> nn.Linear(2, 3).weight.shape",
    "for batch in loader:\n    step(batch)", "x += y", "In [1]: x"])
@pytest.mark.parametrize("language", ["text", "console"])
def test_python_in_a_fence_that_does_not_run(project, language, text):
    project.page(f"```{language}\n{text}\n```\n")
    refused(project, "docs/planted.md:3", f"this {language} fence is Python")


@pytest.mark.parametrize("text", [
    "$ python train.py\nloss: 3", "loss: 3", "$ make \\\n  test\n8 passed"])
def test_output_in_a_console_fence(project, text):
    project.page(f"```console\n$ make\n$ make \\\n    test\n```\n\n```console\n{text}\n```\n")
    refused(project, "docs/planted.md:9", "a console fence holds commands")


@pytest.mark.parametrize("text", [
    "$ pytest docs", "2026-01-02  planted.md  New", "[a]\nb = 1", "a -> b\nb -> c"])
def test_text_that_is_not_python(project, text):
    project.page(f"```text\n{text}\n```\n")
    assert project.refusal() == ""


ERROR = "Traceback (most recent call last):\n  ...\nZeroDivisionError: division by zero"


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
    (">>> 1 / 0\n" + ERROR.replace("  ...", '  File "invented.py", line 7'), ["the stack of"]),
    (">>> 1 / 0\n" + ERROR.replace("  ...", "  ...\n  File 'invented.py'"), ["the stack of"]),
    (">>> try:\n...     assert 1 == 2\n... except AssertionError:\n...     pass", ["cannot fail"]),
    (">>> with suppress(AssertionError):\n...     assert 1 == 2", ["cannot fail"]),
])
def test_a_session_with_lines_that_would_not_count(project, session, words):
    project.page(f"```pycon\n{session}\n```\n")
    refused(project, "docs/planted.md:3", *words)


def test_a_prompt_in_a_python_fence(project):
    project.page("```python\n>>> 1\n```\n")
    refused(project, "docs/planted.md:3", "a session is a pycon fence")


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
    refused(project, "docs/planted.md:7", "ZeroDivisionError: division by zero")


# --- conditions -----------------------------------------------------------------------


def other(condition, want="2"):
    return f'```pycon title="{condition}"\n>>> 1\n{want}\n```\n'


@pytest.mark.parametrize(("session", "words"), [
    (other("torch < 2.12", want="1"), "makes no difference"),
    (other("torch 2"), "a condition is torch < 2.13"),
    (other("cuda").replace(">>> 1", ">>> 1 + 0"), "whose they are"),
    (other("torch >= 2.0"), "is true of torch 2.13.0 (cpu)"),
    (other("cpu"), "is true of torch 2.13.0 (cpu)"),
    (other("torch < 2.1"), "is true nowhere in tests/environments.toml"),
    (other("torch >= 9.0"), "is true nowhere in tests/environments.toml"),
])
def test_a_condition_that_is_none_or_hides_what_holds(project, session, words):
    project.page(SESSION + session)
    refused(project, "docs/planted.md:7", words)


# --- what a session imports -------------------------------------------------------


def test_a_session_that_imports_a_snippet_is_copied_with_its_definition(project):
    project.write("snippets/planted.py", SNIPPET)
    project.page(SHOWN)
    project.page("```pycon\n>>> from snippets.planted import double as twice\n"
                 ">>> twice(4)\n8\n```\n", "second")
    assert project.refusal() == ""
    copied = project.guide.page("docs/second.md").examples[0].copied
    assert "snippets" not in copied
    found = {}
    exec(copied, found)
    assert found["twice"](4) == 8


def test_an_import_of_a_snippet_inside_a_function_would_not_run_when_copied(project):
    project.write("snippets/planted.py", SNIPPET)
    project.page("```pycon\n>>> def f():\n...     from snippets.planted import double\n"
                 "...     return double(4)\n>>> f()\n8\n```\n")
    refused(project, "docs/planted.md:", "a prompt of its own")
