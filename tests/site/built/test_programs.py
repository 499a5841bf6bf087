"""What programs find in the built guide: Markdown, llms.txt, and each old address."""

import json
import re
from itertools import accumulate
from xml.etree import ElementTree

from sitekit.build.changes import PAGE
from sitekit.publish import programs, search
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


def test_the_full_text_holds_each_page_below_its_address(site):
    text = (site / "llms-full.txt").read_text()
    parts = re.split(r"^<!-- (\S+) -->\n\n", text, flags=re.MULTILINE)[1:]
    found = dict(zip(parts[::2], parts[1::2], strict=True))
    assert {address: part.strip() for address, part in found.items()} == {
        page.name: (site / page.name).read_text().strip() for page in GUIDE.pages}
    assert len((site / "llms.txt").read_bytes()) < len(text) / 8


def sections_of_for_programs(name):
    """The names that a session of the page on programs defines."""
    page = GUIDE.page("docs/for-programs.md")
    (example,) = [e for e in page.examples if page.anchor_of(e.line) == name]
    defined = {}
    exec("\n".join(step.source for step in example.steps), defined)
    return defined


def test_the_index_is_what_the_page_on_programs_says(site):
    index = json.loads((site / "search.json").read_text())
    page = GUIDE.page("docs/for-programs.md")
    lines = page.lines[page.section("index").start:page.section("index").stop]
    assert re.findall(r"^\| `(\w+)` \|", "\n".join(lines), re.MULTILINE) == [*index]
    addresses = [one[0] for one in index["pages"]]
    decoded = {}
    for line in index["terms"].split("\n"):
        term, *fields = line.split("|")
        decoded[term] = {int(field[0]): dict(zip(
            accumulate(int(step.rstrip("+*"), 16) for step in field[1:].split(" ")),
            [1 + "+*".find(step[-1]) + 1 for step in field[1:].split(" ")], strict=True))
            for field in fields}
    assert decoded == search.postings(search.documents(GUIDE))
    assert len(index["lengths"]) == len(addresses)
    assert addresses.index("shapes/view-vs-reshape/") in decoded["reshap"][0]


def test_the_terms_are_what_the_page_on_programs_says():
    terms = sections_of_for_programs("terms")["terms"]
    for page in GUIDE.pages:
        said = re.sub(r"[^\x00-\x7f]", " ", page.prose)
        assert terms(said) == search.terms(said), page.path


def test_the_feed_holds_the_last_days_with_addresses_that_are_there(site):
    atom = "{http://www.w3.org/2005/Atom}"
    feed = ElementTree.fromstring(programs.feed(GUIDE, "The guide", "https://example.org/guide/"))
    days = list(dict.fromkeys(change.date for change in GUIDE.changes))[:programs.FEED]
    entries = feed.findall(f"{atom}entry")
    assert [entry.findtext(f"{atom}title") for entry in entries] == days
    assert feed.findtext(f"{atom}updated") == f"{days[0]}T00:00:00Z"
    changes = html_of(site, f"docs/{PAGE}").read_text()
    for entry in entries:
        address, _, anchor = entry.findtext(f"{atom}id").partition("#")
        assert address == f"https://example.org/guide/{GUIDE.page(f'docs/{PAGE}').address}"
        assert f'id="{anchor}"' in changes
        links = re.findall(r'href="https://example\.org/guide/(.*?)"',
                           entry.findtext(f"{atom}content"))
        assert links
        assert all((site / link / "index.html").is_file() for link in links)


def test_each_address_that_there_ever_was_is_a_page_or_leads_to_one(site):
    for change in GUIDE.changes:
        assert html_of(site, f"docs/{change.page}").is_file(), change
    assert set(GUIDE.redirects) == {c.page for c in GUIDE.changes} - {p.name for p in GUIDE.pages}
