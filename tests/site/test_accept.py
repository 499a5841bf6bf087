"""`make accept` takes new numbers and words, and refuses what makes a sentence wrong."""

import pytest


def accept(project, *sessions):
    project.page("\n\n".join(f"```pycon\n{session}\n```" for session in sessions))
    return project.run("sitekit.accept", "docs/planted.md")


@pytest.mark.parametrize(("session", "becomes"), [
    (">>> 1 + 1\n3", ">>> 1 + 1\n2"),
    (">>> 1 + 1", ">>> 1 + 1\n2"),
    (">>> x = 1\n1\n>>> x\n1", ">>> x = 1\n>>> x\n1"),
    (">>> print('a\\n\\nb')\na", ">>> print('a\\n\\nb')\na\n<BLANKLINE>\nb"),
    (">>> for x in [1, 2]:\n...     x\n1\n1", ">>> for x in [1, 2]:\n...     x\n1\n2"),
    (">>> int('x')\nTraceback (most recent call last):\n  ...\nValueError: old words",
     ">>> int('x')\nTraceback (most recent call last):\n  ...\n"
     "ValueError: invalid literal for int() with base 10: 'x'"),
    (">>> import warnings\n>>> warnings.warn('new')\nUserWarning: old",
     ">>> import warnings\n>>> warnings.warn('new')\nUserWarning: new"),
])
def test_new_numbers_and_words_are_written(project, session, becomes):
    result = accept(project, session, ">>> 1\n2")
    assert result.returncode == 0, result.stdout
    text = (project.root / "docs/planted.md").read_text()
    assert f"```pycon\n{becomes}\n```" in text
    assert "--- docs/planted.md" in result.stdout
    assert project.test().returncode == 0


@pytest.mark.parametrize(("session", "why"), [
    (">>> 1 == 1, 2\n(False, 3)", "a boolean flips"),
    (">>> int('x')\n1", "an error comes, goes or changes its type"),
    (">>> 1\nTraceback (most recent call last):\n  ...\nValueError: x", "an error comes, goes"),
    (">>> int('x')\nTraceback (most recent call last):\n  ...\nTypeError: x", "an error comes"),
    (">>> import warnings; warnings.warn('new')", "a warning comes or goes"),
    (">>> 1 + 1\n3", "the output is what a belief predicts"),
])
def test_a_page_whose_sentence_would_be_wrong_is_left_alone(project, session, why):
    project.write("tests/claims.toml", """
        [[claim]]
        page = "planted.md#planted"
        step = "1 + 1"
        belief = "2"
        """)
    result = accept(project, session, ">>> 1\n2")
    assert result.returncode == 1
    assert f"docs/planted.md:4: refused: {why}" in result.stdout
    assert f"```pycon\n{session}\n```" in (project.root / "docs/planted.md").read_text()


def test_an_indented_session_keeps_its_indent(project):
    project.write("docs/planted.md", "# Planted {#planted}\n\n- item\n\n    ```pycon\n"
                                     "    >>> 1\n    2\n    ```\n")
    assert project.run("sitekit.accept").returncode == 0
    assert "    >>> 1\n    1\n    ```" in (project.root / "docs/planted.md").read_text()


def test_a_device_that_is_not_there(project):
    result = project.run("sitekit.accept", "--device", "cuda")
    assert result.returncode == 1
    assert result.stdout == "--device cuda: torch sees no GPU on this machine\n"
