"""`make accept` takes new numbers and words, and refuses what makes a sentence wrong."""

import argparse
import contextlib
import io

import pytest

from sitekit.run.accept import main

from .commands import Result
from .conftest import assert_says


def accept(project, *sessions):
    """What the command does, and prints, and its status."""
    project.page("\n\n".join(f"```pycon\n{session}\n```" for session in sessions))
    return accepted(project)


def accepted(project):
    arguments = argparse.Namespace(device="cpu", files=[], dry_run=False)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        status = main(project.guide, arguments)
    return Result(status, out.getvalue())


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
    assert_says(result.stdout, "--- docs/planted.md")
    assert project.problems() == []


def test_a_message_in_other_words_is_listed_beside_the_old_words(project):
    result = accept(project, ">>> int('x')\nTraceback (most recent call last):\n  ...\n"
                    "ValueError: old words", ">>> 1\n2")
    assert_says(result.stdout, "docs/planted.md:4: message: 'ValueError: old words' is now",
                "ValueError: invalid literal for int()")
    assert result.stdout.count("message:") == 1


@pytest.mark.parametrize(("session", "why"), [
    (">>> 1 == 1, 2\n(False, 3)", "a boolean flips"),
    (">>> int('x')\n1", "an error comes, goes or changes its type"),
    (">>> 1\nTraceback (most recent call last):\n  ...\nValueError: x", "an error comes, goes"),
    (">>> int('x')\nTraceback (most recent call last):\n  ...\nTypeError: x", "an error comes"),
    (">>> import warnings; warnings.warn('new')", "a warning comes or goes"),
    (">>> 1 + 1\n3", "the output is what a belief predicts"),
    (">>> raise SystemExit", "SystemExit ends the session"),
])
def test_a_page_whose_sentence_would_be_wrong_is_left_alone(project, session, why):
    project.write("tests/planted.toml", """
        [[claim]]
        section = "planted"
        says = "one and one"
        old = "1 + 1"
        new = "1 + 2"
        step = "1 + 1"
        belief = "2"
        """)
    result = accept(project, session, ">>> 1\n2")
    assert result.returncode == 1
    assert_says(result.stdout, f"docs/planted.md:4: refused: {why}")
    assert f"```pycon\n{session}\n```" in (project.root / "docs/planted.md").read_text()


def test_an_indented_session_keeps_its_indent(project):
    project.write("docs/planted.md", "# Planted {#planted}\n\n- item\n\n    ```pycon\n"
                                     "    >>> 1\n    2\n    ```\n")
    assert accepted(project).returncode == 0
    assert "    >>> 1\n    1\n    ```" in (project.root / "docs/planted.md").read_text()
