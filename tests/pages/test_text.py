"""What a page says of itself, how long it is, and what other lists say of it."""

import re

import pytest

from sitekit.read.entries import missing
from tests.questions import QUESTIONS

LISTS = {"docs/symptoms.md", "docs/changes.md", "docs/guards/choosing.md"}


@pytest.fixture(scope="session")
def lacking(guide):
    return list(missing(guide))


def words(page):
    """The words of a page outside its fences, without addresses, anchors, formulas and items that
    quote a wording of torch."""
    text = re.sub(r"^- (`+) ?.*\1$", "", page.prose, flags=re.MULTILINE)
    text = re.sub(r"\]\([^)]*\)|\{ *#[\w-]+ *\}|\$\$.*?\$\$", "", text, flags=re.DOTALL)
    return text.split()


def test_a_page_has_a_title_a_description_and_headings_with_ids(page):
    assert page.meta.get("title"), f"{page.path}: the front matter has no title"
    assert page.meta.get("description"), f"{page.path}: the front matter has no description"
    assert page.headings, f"{page.path}: no heading"
    assert page.headings[0].level == 1
    bare = [heading.title for heading in page.headings if not heading.anchor]
    assert not bare, f"{page.path}: give {bare[0]!r} an id, as {{#its-name}}"


def test_a_page_is_short_and_shows_what_it_says(page):
    if page.is_index or page.path in LISTS:
        pytest.skip("a list")
    assert len(words(page)) <= 1000, f"{page.path}: over 1,000 words; it is two pages"
    assert sum(step.prompt for e in page.examples for step in e.steps) >= 3


def test_each_error_of_torch_that_a_page_raises_has_an_entry(page, lacking):
    """And each entry of a page of messages is raised, or says where it was read."""
    here = [line for line in lacking if line.startswith(f"{page.path}#")]
    assert not here, "\n".join(here)


def test_the_questions_that_a_page_answers_are_answered_in_their_section(page):
    for question in QUESTIONS:
        name, anchor = question["page"].split("#")
        if name == page.name:
            lines = page.section(anchor)
            assert lines is not None, f"{page.path}: no section #{anchor}, which answers a question"
            text = "\n".join(page.lines[lines.start:lines.stop])
            assert question["says"].lower() in text.lower(), (
                f"{question['id']}: {page.path}#{anchor} does not say {question['says']!r}")


def test_a_page_is_in_the_list_of_changes(page, guide):
    assert page.name in {change.page for change in guide.changes}, (
        f"changes.txt: {page.name} is not entered; run `make changes`")


def test_each_link_of_a_page_leads_to_a_section_that_is_there(page, guide):
    for target, anchor in links(page):
        assert f"docs/{target}" in guide.paths, f"{page.path}: a link to {target}, no page"
        assert not anchor or is_there(guide, target, anchor), (
            f"{page.path}: a link to {target}#{anchor}, no section")


def test_each_link_to_a_page_leads_to_a_section_that_is_there(page, guide):
    for path in guide.paths:
        for target, anchor in links(guide.page(path)):
            if target == page.name and anchor:
                assert is_there(guide, target, anchor), (
                    f"{path}: links to {target}#{anchor}, no section")


def links(page):
    """The page below docs/ and the anchor of each link of a page to the guide."""
    for target, anchor in re.findall(r"\]\(([\w./-]+\.md)?(?:#([\w-]+))?\)", page.prose):
        if target:
            parts = page.folder.split("/") if page.folder else []
            for part in target.split("/"):
                parts = parts[:-1] if part == ".." else [*parts, part]
            yield "/".join(parts), anchor
        elif anchor:
            yield page.name, anchor


def is_there(guide, name, anchor):
    page = guide.page(f"docs/{name}")
    return anchor in {heading.anchor for heading in page.headings} or (
        re.match("m-|d-", anchor))  # made at build: MkDocs looks for it
