"""`mkdocs serve` makes a page when it is asked for, and again when what it shows has changed."""

import json
import logging
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from .conftest import html_of

SNIPPET = "# --8<-- [start:two]\ndef two() -> int:\n    return 2\n# --8<-- [end:two]\n"
SHOWN = '```python\n--8<-- "planted.py:two"\n```\n\n```pycon\n>>> two()\n2\n```\n'


@pytest.fixture
def served(project):
    """A site whose planted page is made; `other` shows nothing of it."""
    project.write("snippets/planted.py", SNIPPET)
    project.page(SHOWN)
    project.page("Text.\n", "other")
    site = project.site()
    site.make("planted.md")
    return site


def made(project, site, name="planted"):
    site.make(f"{name}.md")
    return html_of(project.root / "site", f"docs/{name}.md").read_text()


def test_only_what_is_asked_for_is_made(project, served):
    assert not html_of(project.root / "site", "docs/other.md").exists()
    assert "Text." in made(project, served, "other")


@pytest.mark.parametrize(("file", "old", "new", "shows"), [
    ("docs/planted.md", "```pycon", "New text.\n\n```pycon", "New text."),
    ("snippets/planted.py", "return 2", "return 1 + 1", "return</span> 1 + 1"),
])
def test_an_edit_makes_its_page_anew_and_no_other(project, served, file, old, new, shows):
    served.make("other.md")
    text = (project.root / file).read_text()
    project.write(file, text.replace(old, new))
    assert served.renew()
    assert "other.md" in served.made
    assert "planted.md" not in served.made
    assert shows in made(project, served)


def test_an_edit_of_what_a_snippet_takes_along_makes_the_page_anew(project):
    project.write("snippets/common.py", SNIPPET.replace("two", "one").replace("2", "1"))
    project.write("snippets/planted.py", "from snippets.common import one\n\n\n"
                  + SNIPPET.replace("return 2", "return one() + one()"))
    project.page('```python\n--8<-- "common.py:one"\n```\n', "first")
    project.page(SHOWN)
    site = project.site()
    assert "return 1" in made(project, site)
    text = (project.root / "snippets/common.py").read_text()
    project.write("snippets/common.py", text.replace("return 1", "return 4 - 3"))
    assert site.renew()
    assert "return 4 - 3" in made(project, site)


@pytest.mark.parametrize("matter", ["title: Another", "order: 3", "description: Words"])
def test_an_edit_of_the_front_matter_begins_anew(project, served, matter):
    project.write("docs/planted.md", f"---\n{matter}\n---\n# A {{#a}}\n\n" + SHOWN)
    assert not served.renew()


def test_a_new_page_begins_anew(project, served):
    project.page("Text.\n", "new")
    assert not served.renew()


def test_a_page_that_changes_while_it_is_made_is_made_again(project, served, monkeypatch):
    project.write("docs/planted.md", (project.root / "docs/planted.md").read_text() + "\nEdited.\n")
    served.renew()
    make = served.env.get_template
    monkeypatch.setattr(served.env, "get_template", lambda *a: (served.renew(), make(*a))[1])
    served.make("planted.md")
    assert "planted.md" not in served.made


def test_the_index_of_the_search_has_each_page_once_after_edits(project, served):
    for edit in ["Zeroth", "First", "Second"]:
        project.write("docs/planted.md", f"# planted {{#planted}}\n\n{edit}.\n\n" + SHOWN)
        assert served.renew()
        served.make("planted.md")
    served.finish()
    found = json.loads((project.root / "site/search.json").read_text())
    addresses = [address for address, *_ in found["pages"]]
    assert sorted(addresses) == sorted(set(addresses))
    terms = {line.partition("|")[0] for line in found["terms"].split("\n")}
    assert "second" in terms
    assert not {"zeroth", "first"} & terms


@contextmanager
def server(project):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "mkdocs", "serve", "-a", f"127.0.0.1:{port}"], cwd=project.root,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


def until(address, words, seconds=30):
    """The answer at an address, once it has the words."""
    end, text = time.monotonic() + seconds, ""
    while time.monotonic() < end:
        try:
            text = urllib.request.urlopen(address).read().decode()
        except urllib.error.HTTPError as error:
            text = error.read().decode()
        except OSError:
            pass
        if words in text:
            return text
        time.sleep(0.05)
    raise AssertionError(f"{address}: no {words!r} in {text[-500:]}")


def test_a_reader_sees_an_edit_an_error_and_its_mending(project):
    project.write("snippets/planted.py", SNIPPET)
    project.page(SHOWN)
    logging.disable(logging.NOTSET)
    with server(project) as home:
        until(home + "planted/", "return")
        until(home + "search.json", "planted")
        until(home + "snippets/planted.py", "def two()")
        project.page(SHOWN + "\nFirst edit.\n")
        until(home + "planted/", "First edit.")
        project.write("snippets/planted.py", SNIPPET.replace("return 2", "return 6 // 3"))
        until(home + "planted/", "return 6 // 3")
        project.page("```pycn\n>>> 1\n```\n")
        until(home + "planted/", "docs/planted.md:3: a fence is followed by one of")
        project.page(SHOWN + "\nMended.\n")
        until(home + "planted/", "Mended.")
        project.write("docs/planted.md", "---\ntitle: [\n---\n# Planted {#planted}\n")
        until(home + "planted/", "docs/planted.md:")
        until(home, "docs/planted.md:")
        project.page(SHOWN + "\nMended again.\n")
        until(home + "planted/", "Mended again.")
        project.page("A new page.\n", "new")
        until(home + "new/", "A new page.")
        project.write("changes.txt", "2026-01-02  index.md  New\n2026-01-03  index.md  Told\n")
        project.write("docs/changes.md", "# Changes {#changes}\n")
        until(home + "changes/", "Told")
