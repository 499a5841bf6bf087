"""The pages of messages hold what the pages raise, and nothing else."""

from sitekit.build import messages

from .conftest import article_of, assert_says

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


def lists(project):
    project.write("docs/messages.md", "# Messages {#messages}\n")
    project.write("docs/warnings.md", "# Warnings {#warnings}\n")


def test_each_message_with_a_cause_is_listed_whole(project):
    project.write("docs/planted.md", PAGE)
    lists(project)
    for name, message in {
            "messages": "ValueError: invalid literal for int() with base 10: 'x'",
            "warnings": "UserWarning: no $n_k$ in <b>_a_</b> [1, 2] here and on and on"}.items():
        page = article_of(project.html(name))
        assert [h.get_text().rstrip("¶") for h in page.select("h2")] == [message]
        assert [a["href"] for a in page.find_all("a", string="More")] == ["../planted/#section"]


def test_a_cause_of_nothing(project):
    project.write("docs/planted.md", PAGE.replace("invalid literal:", "no number:"))
    lists(project)
    assert_says(project.refusal(), "docs/planted.md", "no example raises 'no number'")


def test_a_cause_in_the_section_of_a_guard_reaches_a_reader(project):
    project.write("docs/planted.md", PAGE.replace("{#section}", "{#guard}"))
    lists(project)
    assert "The text is no number." in project.html("messages")


def test_two_causes_of_one_message_both_reach_a_reader(project):
    project.write("docs/planted.md", PAGE)
    project.write("docs/second.md", PAGE.replace("planted", "second").replace(
        "The text is no number.", "It is another."))
    lists(project)
    html = project.html("messages")
    assert "The text is no number. Or: it is another." in html


def test_each_cause_of_the_guide_reaches_a_reader(guide):
    text = "\n".join(message.cause.lower() for message in messages.messages(guide.pages))
    for page in guide.pages:
        for words, cause in page.meta.get("causes", {}).items():
            assert cause.lower() in text, f"{page.path}: {words}"
    assert len(messages.messages(guide.pages)) >= 90
