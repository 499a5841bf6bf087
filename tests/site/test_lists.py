"""The groups of a folder's pages, and the pages that are near a page."""

import pytest

from sitekit.build import lists
from sitekit.build.near import near
from sitekit.publish import search
from sitekit.publish.programs import markdown
from sitekit.read.place import GuideError
from tests.guide import GUIDE

INDEX = """---
title: Losses
asked: [{asked}]
---
# Losses {{#losses}}

Text.

## Means {{#means}}

A sentence of means.

## Masks {{#masks}}
"""


@pytest.fixture
def grouped(project):
    """Return a project with a folder of two groups, and a page that has none."""
    project.write("docs/losses/index.md", INDEX.format(asked="zeta"))
    for name, matter in [("alpha", "group: masks"), ("beta", "group: means\norder: 2"),
                         ("gamma", "group: means\norder: 1"), ("zeta", "order: 9")]:
        project.write(f"docs/losses/{name}.md", f"---\ntitle: {name}\n{matter}\n---\n# A {{#a}}\n")
    return project


def test_pages_follow_the_headings_of_their_groups_then_their_order(grouped):
    names = [path.split("/")[-1] for path in lists.pages_of(grouped.guide, "docs/losses")]
    assert names == ["zeta.md", "gamma.md", "beta.md", "alpha.md"]


def test_programs_find_each_page_below_the_heading_of_its_group(grouped):
    text = markdown(grouped.guide, grouped.guide.page("docs/losses/index.md"))
    found = [line for line in text.split("\n") if line.startswith(("#", "- "))]
    assert [line.partition("]")[0].strip("- [") for line in found] == [
        "# Losses {#losses}", "zeta", "## Means {#means}", "gamma", "beta", "## Masks {#masks}",
        "alpha"]


def test_a_group_without_a_heading_is_refused(grouped):
    grouped.write("docs/losses/alpha.md", "---\ngroup: mask\n---\n# A {#a}\n")
    with pytest.raises(GuideError, match=r"^docs/losses/alpha\.md: .* no heading .*'mask'"):
        lists.pages_of(grouped.guide, "docs/losses")


def test_an_asked_page_that_is_not_there_is_refused(grouped):
    grouped.write("docs/losses/index.md", INDEX.format(asked="eta"))
    with pytest.raises(GuideError, match=r"^docs/losses/index\.md: asked names .*eta\.md"):
        lists.asked(grouped.guide, "docs/losses")


def test_a_page_is_near_those_with_its_symptom_and_those_it_names(grouped):
    grouped.write("docs/symptoms.md", "- **nan**:\n    - [a](losses/alpha.md)\n"
                  "    - [z](losses/zeta.md)\n- **inf**: [b](losses/beta.md)\n")
    grouped.write("docs/losses/beta.md", "---\nnear: [losses/gamma]\n---\n# A {#a}\n")
    found = near(grouped.guide)
    assert found["docs/losses/alpha.md"][0] == "docs/losses/zeta.md"
    assert found["docs/losses/beta.md"] == ["docs/losses/gamma.md"]


def test_what_readers_call_a_page_names_pages_that_are_there():
    words = search.words_of()
    unknown = {f"docs/{name}.md" for name in words["says"] | words["also"]} - {*GUIDE.paths}
    assert not unknown, f"sitekit/publish/words.toml: no pages: {sorted(unknown)}"


def test_the_index_in_short_says_what_the_readable_one_says():
    by_term = {"loss": {0: {0: 1, 2: 2}}, "losses": {3: {70: 1}}, "lost": {0: {2: 1}, 5: {1: 3}}}
    assert search.compact(by_term).split("\n") == ["#loss|#%", "\'es||||\u010e", "&t|%|||||$"]


def test_an_answer_in_a_list_stops_before_what_half_of_them_end_with(grouped):
    grouped.write("docs/losses/alpha.md",
                  "---\ndescription: Errors of x, each with its cause and code.\n---\n# A {#a}\n")
    assert lists.said_of(grouped.guide, "docs/losses/alpha.md") == "Errors of x."
