"""What people type leads to the page that answers it.

Questions and names are typed, messages are pasted; queries.toml has them.
"""

import re
import tomllib

import pytest
from bs4 import BeautifulSoup

from sitekit.read.entries import Matcher, all_entries, message_of
from tests.guide import GUIDE, ROOT

from .conftest import SITE, address
from .queries import ASKED, QUERIES, place, shares, shares_typed
from .searching import Search

PASTES = tomllib.loads((ROOT / "tests/site/pastes.toml").read_text())
PARTS = 24  # of the pastes, so that a sample has a share of them
NO_PAGE = ["not", "is", "out", "torch.not_a_name"]  # no page is about them


@pytest.fixture(scope="module")
def search(browser, home):
    """Return the search of the home page, in a context that may read and write the clipboard."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    yield Search(context.new_page(), home)
    context.close()


@pytest.fixture(scope="module")
def matcher():
    return Matcher(all_entries(GUIDE))


def test_questions_of_users_find_the_page_that_answers_them(search):
    three, first = shares_typed(search, ASKED)
    assert three >= 0.95
    assert first >= 0.85


def test_questions_in_other_words_find_the_page_that_answers_them(search):
    three, _ = shares_typed(search, QUERIES["own"])
    assert three >= 0.9


def test_titles_of_threads_find_the_page_that_answers_them(search):
    three, _ = shares_typed(search, QUERIES["thread"])
    assert three >= 0.9


def test_a_pasted_message_finds_its_entry_or_its_page(search):
    three, _ = shares({text: place(search.paste(text), pages)
                       for text, pages in QUERIES["message"].items()})
    assert len(QUERIES["message"]) >= 20
    assert three == 1


@pytest.mark.parametrize("part", range(PARTS))
def test_each_paste_finds_in_the_browser_what_it_finds_in_the_terminal(search, matcher, part):
    listed = all_entries(GUIDE)
    pastes = [*PASTES["entry"], *PASTES["none"]["messages"],
              *(f"{entry.kind}: {text}" for entry in listed for text in (entry.text, *entry.also))]
    for text in pastes[part::PARTS]:
        search.paste(text)
        entry = matcher.match(text)
        right = f"{address(entry.page)}#{entry.anchor}" if entry else None
        assert search.entry() == right, text
        if not entry and message_of(text)[0]:
            assert "No message of this guide reads like this one" in search.said()


def test_a_name_that_looks_like_an_empty_word_finds_its_page(search):
    three, _ = shares_typed(search, QUERIES["name"])
    assert three == 1


@pytest.mark.parametrize("name", NO_PAGE)
def test_a_name_without_a_page_finds_something(search, name):
    assert search.type(name)


def test_a_sign_in_a_message_excludes_no_page(search):
    assert place(search.type("softmax gives -inf"), "numerics/stable-softmax.md") <= 3


def bare(text: str) -> str:
    """Words in lower case with one space between."""
    return " ".join(re.findall(r"\w+", text.lower()))


def test_no_page_holds_a_question_of_the_collection():
    """Pages are found for what they say, and not because the question stands there.

    A question that begins as a message of torch stands where torch raises it.
    """
    raised = [bare(entry.heading) for entry in all_entries(GUIDE)]
    questions = [bare(text) for text in QUERIES["asked"].values() if len(text.split()) > 6]
    asked = [text for text in questions
             if not any(" ".join(text.split()[:6]) in message for message in raised)]
    texts = {file: file.read_text() for file in [*ROOT.glob("docs/**/*.md"), ROOT / "mkdocs.yml"]}
    texts |= {file: BeautifulSoup(file.read_text(), "html.parser").get_text(" ")
              for file in SITE.rglob("*.html")}
    held = [(str(file.relative_to(ROOT)), question) for file, text in texts.items()
            for words in [bare(text)] for question in asked if question in words]
    assert len(asked) > 50
    assert held == []
