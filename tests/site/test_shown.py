"""What a reader takes for code with its output ran, or the page is refused."""

import shutil

import pytest

from sitekit.build.shown import unproved
from sitekit.read.page import read
from sitekit.read.place import GuideError

from .conftest import assert_says

FALSE = ">>> 1 + 1\n3"
SESSION = "```pycon\n>>> 1\n1\n```\n"
ESCAPED = FALSE.replace(">", "&gt;")


@pytest.mark.parametrize("planted", [
    "> ```pycon\n> >>> 1 + 1\n> 3\n> ```\n",
    "Then:\n\n\t```pycon\n\t>>> 1 + 1\n\t3\n\t```\n",
    "Then:\n\n    >>> 1 + 1\n    3\n",
    "Then:\n\n    torch.ones(1)\n",
    "- item\n\n        >>> 1 + 1\n        3\n",
    f'<div class="language-pycon highlight"><pre><code>{ESCAPED}</code></pre></div>\n',
    f"<pre>{ESCAPED}</pre>\n",
    f"<pre><code class='language-pycon'>{ESCAPED}\n</code></pre>\n",
    f"<textarea>{ESCAPED}</textarea>\n",
    f"<samp>{ESCAPED}</samp>\n".replace("\n", "<br>", 1),
    f"<details><summary>More</summary><pre>{ESCAPED}</pre></details>\n",
    "| code | output |\n|---|---|\n| `>>> 1 + 1` | `3` |\n",
    "| code | output |\n|---|---|\n| `torch.ones(2)` | `tensor([0., 0.])` |\n",
    "`torch.ones(2)` is `tensor([0., 0.])`.\n",
    "<table><tr><td>&gt;&gt;&gt; 1 + 1</td><td>3</td></tr></table>\n",
    "<p title='>>> 1 + 1 is 3'>Text</p>\n",
    "<p>&gt;&gt;&gt; 1 + 1<br>3</p>\n",
    "Text\n{ title='>>> 1 + 1' }\n",
    "In [1]: 1 + 1\n",
    "``>>> 1 + 1``\n",
    '!!! note\n\n    <pre>&gt;&gt;&gt; 1 + 1\n    3</pre>\n',
    "/// details | Solution\n\n        >>> 1 + 1\n        3\n///\n",
    "<svg viewBox='0 0 9 9'><text>3</text></svg>\n",
    "![A sum](data:image/svg+xml,%3Csvg/%3E)\n",
    "<video src='data:video/mp4,'></video>\n",
    "<iframe srcdoc='<pre>3</pre>'></iframe>\n",
    "<script>document.write('<pre>3</pre>')</script>\n",
    "[^1]\n\n[^1]: Note\n\n        >>> 1 + 1\n        3\n",
    "*[HTML]: >>> 1 + 1 is 3\n\nHTML\n",
])
@pytest.mark.parametrize("around", ["{}", SESSION + "\n{}"], ids=["no examples", "an example"])
def test_code_that_did_not_run_is_refused(project, planted, around):
    project.page(around.format(planted))
    with pytest.raises(GuideError) as refusal:
        project.convert()
    assert_says(str(refusal.value), "docs/planted.md", "shown like code with its output")


@pytest.mark.parametrize("planted", [
    "Use `torch.ones(2)`, `x > 3` and `tensor([1.])`.\n\n```pycon\n>>> import torch\n"
    ">>> torch.ones(1)\ntensor([1.])\n```\n",
    "```text\na table of\n  words\n```\n",
    "> A quote with `code`.\n",
    "- item\n\n    ```pycon\n    >>> 1\n    1\n    ```\n",
    "| a | b |\n|---|---|\n| `x.view(-1)` | a view |\n",
    SESSION + "\n" + SESSION,
])
def test_code_that_ran_or_is_none_is_not(project, planted):
    project.page(planted)
    assert project.convert()


def test_a_block_that_is_hidden_ran_and_is_not_shown(project):
    project.page(f"<!--\n{SESSION}-->\n")
    with pytest.raises(GuideError, match="not an example that runs"):
        project.convert()
    assert_says(project.refusal(), "docs/planted.md", "not an example that runs")


def test_a_block_that_is_shown_more_often_than_it_ran():
    page = read("docs/planted.md", "# A {#a}\n\n" + SESSION)
    shown = "<pre><code>&gt;&gt;&gt; 1\n1\n</code></pre>"
    assert unproved(shown, page) == []
    assert unproved(shown + shown, page) == [">>> 1\n1"]
    assert unproved("", page) == [">>> 1\n1"]


def test_a_false_docstring_of_any_folder_is_run(project):
    project.write("snippets/browser/planted.py", f'"""Planted.\n\n{FALSE}\n"""\n')
    result = project.test("snippets")
    assert result.returncode == 1, result.stdout
    assert_says(result.stdout, "snippets/browser/planted.py:3")


def test_a_page_that_was_built_and_is_gone_is_not_published(project):
    project.page(SESSION)
    assert project.refusal() == ""
    shutil.move(project.root / "docs/planted.md", project.root / "docs/other.md")
    assert project.build().returncode == 0
    assert not (project.root / "site/planted").exists()
