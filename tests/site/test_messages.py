"""The page of messages holds what the pages raise, and nothing else."""

from bs4 import BeautifulSoup
from sitekit.reading import ROOT, pages, read_page

from sitekit import messages, reading

from .conftest import assert_refused

PAGE = """\
    ---
    causes:
      invalid literal: The text is no number.
      no $n_k$: A formula and *marks*.
    ---
    # Planted {#planted}

    ## Section {#section}

    ```pycon
    >>> int("x")
    Traceback (most recent call last):
      ...
    ValueError: invalid literal for int() with base 10: 'x'
    >>> import warnings; warnings.warn("no $n_k$ in <b>_a_</b> [1, 2] here and on and on")
    UserWarning: no $n_k$ in <b>_a_</b> [1, 2] here and on and on
    ```
    """


def test_each_message_with_a_cause_is_listed_whole(project):
    project.write("docs/planted.md", PAGE)
    project.write("docs/messages.md", "# Messages {#messages}\n")
    project.write("docs/warnings.md", "# Warnings {#warnings}\n")
    result = project.build()
    assert result.returncode == 0, result.stdout
    for name, message in {
            "messages": "ValueError: invalid literal for int() with base 10: 'x'",
            "warnings": "UserWarning: no $n_k$ in <b>_a_</b> [1, 2] here and on and on"}.items():
        html = (project.root / f"site/{name}/index.html").read_text()
        page = BeautifulSoup(html, "html.parser")
        assert [h.get_text().rstrip("¶") for h in page.select("h2")] == [message]
        assert [a["href"] for a in page.find_all("a", string="More")] == ["../planted/#section"]


def test_a_cause_of_nothing(project):
    project.write("docs/planted.md", PAGE.replace("invalid literal:", "no number:"))
    project.write("docs/messages.md", "# Messages {#messages}\n")
    assert_refused(project.build(), "docs/planted.md", "no example raises 'no number'")


def test_each_runtime_error_has_a_cause():
    """The guide's own checks raise other types."""
    for page in map(read_page, pages()):
        causes = reading.front_matter((ROOT / page.path).read_text()).get("causes", {})
        for text, _ in messages.raised(page):
            explained = any(words in text for words in causes)
            assert explained or not text.startswith("RuntimeError"), f"{page.path}: {text}"


def test_the_guide_explains_many_messages():
    assert len(messages.messages(map(read_page, pages()))) >= 30
