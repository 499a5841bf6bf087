"""What programs find in the built guide: Markdown, llms.txt, and each old address."""

import re

from tests.guide import GUIDE

from ..conftest import html_of


def test_the_markdown_of_a_page_holds_its_examples_and_formulas_and_no_include(site):
    for page in GUIDE.pages:
        text = (site / page.name).read_text()
        fences = [f"```{e.language}\n{e.text}```" for e in page.examples if not e.condition]
        formulas = [line for line in page.lines if "$" in line and "figure:" not in line]
        assert not [wanted for wanted in fences + formulas if wanted not in text], page.path
        assert not re.search(r"8<-|\(figure:|^///|&#\d+;|<a ", text, re.MULTILINE), page.path


def test_the_markdown_of_a_page_links_to_markdown_that_is_there(site):
    links = [(page.path, (site / page.name).parent / target.partition("#")[0])
             for page in GUIDE.pages
             for target in re.findall(r"\]\(([\w./-]+\.md(?:#[\w-]+)?)\)",
                                      (site / page.name).read_text())]
    assert len(links) > 100
    assert not [link for link in links if not link[1].is_file()]


def test_a_page_tells_programs_where_its_markdown_is(site):
    for page in GUIDE.pages:
        html = html_of(site, page.path)
        (link,) = re.findall('<link rel="alternate describedby" type="text/markdown" href="(.+?)">',
                             html.read_text())
        assert (html.parent / link).resolve() == (site / page.name).resolve()


def test_the_messages_and_the_lists_of_pages_are_in_the_markdown(site):
    assert "RuntimeError: mat1 and mat2 shapes cannot be multiplied" in (
        site / "messages/shapes.md").read_text()
    assert re.search(r"- \[.+\]\(view-vs-reshape\.md\): \w", (site / "shapes/index.md").read_text())


def test_llms_txt_lists_each_page_with_its_title_and_description(site):
    entries = re.findall(r"^- \[(.+)\]\((.+)\): (.+)$", (site / "llms.txt").read_text(),
                         re.MULTILINE)
    prefix = re.match(r"(?:https?://.*?/)?(?=index\.md)", entries[0][1])[0]
    assert sorted(entries) == sorted(
        (page.title, prefix + page.name, page.meta["description"]) for page in GUIDE.pages)


def test_each_address_that_there_ever_was_is_a_page_or_leads_to_one(site):
    for change in GUIDE.changes:
        assert html_of(site, f"docs/{change.page}").is_file(), change
    assert set(GUIDE.redirects) == {c.page for c in GUIDE.changes} - {p.name for p in GUIDE.pages}
