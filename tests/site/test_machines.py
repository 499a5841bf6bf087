"""What programs and citers find: Markdown, llms.txt, true addresses, links into the repository."""

import re
from datetime import date
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
import yaml
from bs4 import BeautifulSoup
from sitekit.reading import ROOT, front_matter, read_pages

from sitekit import changes, reading

from .conftest import assert_refused, html_of

READINGS = read_pages()
ADDRESS = {"SITE_URL": "https://example.org/guide/", "REPO_URL": "https://github.com/ada/guide"}
NO_ADDRESS = dict.fromkeys(ADDRESS, "")
EXAMPLE = "```pycon\n>>> 1\n1\n```\n"


def name(page):
    return page.path.removeprefix("docs/")


def soup(file):
    return BeautifulSoup(file.read_text(), "html.parser")


# --- Markdown ---------------------------------------------------------------------


def test_the_markdown_of_a_page_holds_its_examples_and_formulas_and_no_include(guide):
    for page in READINGS:
        text = (guide / name(page)).read_text()
        fences = [f"```{e.language}\n{e.text}```" for e in page.examples if not e.condition]
        formulas = [line for line in page.lines if "$" in line and "figure:" not in line]
        assert not [wanted for wanted in fences + formulas if wanted not in text], page.path
        assert not re.search(r"8<-|\(figure:|^///|&#\d+;|<a ", text, re.MULTILINE), page.path


def test_the_markdown_of_a_page_links_to_markdown_that_is_there(guide):
    links = [(page.path, (guide / name(page)).parent / target.partition("#")[0])
             for page in READINGS
             for target in re.findall(r"\]\(([\w./-]+\.md(?:#[\w-]+)?)\)",
                                      (guide / name(page)).read_text())]
    assert len(links) > 100
    assert not [link for link in links if not link[1].is_file()]


def test_a_page_tells_programs_where_its_markdown_is(guide):
    for page in READINGS:
        html = html_of(guide, page.path)
        (link,) = re.findall('<link rel="alternate describedby" type="text/markdown" href="(.+?)">',
                             html.read_text())
        assert (html.parent / link).resolve() == (guide / name(page)).resolve()


def test_the_messages_and_the_lists_of_pages_are_in_the_markdown(guide):
    assert "RuntimeError: view size is not compatible with input tensor's size and stride (at " in (
        guide / "messages.md").read_text()
    assert "- [view or reshape](view-vs-reshape.md): view shares" in (
        guide / "shapes/index.md").read_text()


def test_llms_txt_lists_each_page_with_its_title_and_description(guide):
    entries = re.findall(r"^- \[(.+)\]\((.+)\): (.+)$", (guide / "llms.txt").read_text(),
                         re.MULTILINE)
    meta = {name(page): front_matter((ROOT / page.path).read_text()) for page in READINGS}
    prefix = re.match(r"(?:https?://.*?/)?(?=index\.md)", entries[0][1])[0]
    assert sorted(entries) == sorted(
        (found["title"], prefix + page, found["description"]) for page, found in meta.items())


# --- addresses --------------------------------------------------------------------


@pytest.fixture
def pages(project):
    """A project with a page, an exercise and a page without examples."""
    project.page(EXAMPLE)
    project.page("Text.\n", "plain")
    project.write("docs/exercise.md", "---\nnotebook: true\n---\n# Task {#task}\n\n" + EXAMPLE)
    project.write("changes.txt", "2026-01-02  planted.md  New\n")
    return project


def test_without_an_address_no_page_claims_one(pages):
    assert pages.build(**NO_ADDRESS).returncode == 0
    site = pages.root / "site"
    html = soup(html_of(site, "docs/planted.md"))
    assert not list(site.glob("sitemap.xml*"))
    assert not html.select("link[rel=canonical], .repository, .md-source")
    assert "github.com" not in str(html.body)
    assert "(planted.md)" in (site / "llms.txt").read_text()


def test_with_an_address_canonical_links_and_the_sitemap_are_true(pages):
    assert pages.build(**ADDRESS).returncode == 0
    site, at = pages.root / "site", ADDRESS["SITE_URL"]
    html = soup(html_of(site, "docs/planted.md"))
    assert html.select_one("link[rel=canonical]")["href"] == f"{at}planted/"
    found = {url[0].text: url[1].text for url in ElementTree.parse(site / "sitemap.xml").getroot()}
    assert set(found) == {at, f"{at}planted/", f"{at}plain/", f"{at}exercise/"}
    assert found[f"{at}planted/"] == "2026-01-02"
    assert f"({at}planted.md)" in (site / "llms.txt").read_text()


def test_with_a_repository_a_page_can_be_edited_reported_and_opened_in_colab(pages):
    assert pages.build(**ADDRESS).returncode == 0
    for page in ("planted", "exercise", "plain"):
        html = html_of(pages.root / "site", f"docs/{page}.md")
        links = {a.text: urlsplit(a["href"]) for a in soup(html).select(".repository a")}
        edit, report, colab = map(
            links.get, ("Edit this page", "This is wrong", "Open in Colab"))
        assert edit.geturl() == f"https://github.com/ada/guide/edit/main/docs/{page}.md"
        assert (report.netloc, report.path) == ("github.com", "/ada/guide/issues/new")
        assert f"Page: docs/{page}.md" in parse_qs(report.query)["body"][0]
        assert bool(colab) == (page != "plain")
        if colab:
            assert colab.netloc == "colab.research.google.com"
            notebook = colab.path.removeprefix("/github/ada/guide/blob/gh-pages/")
            assert (pages.root / "site" / notebook).is_file()
        # Material's component with this name asks the host for the repository's stars
        assert 'data-md-component="source"' not in html.read_text()
        assert soup(html).select(".md-source")


# --- changes ----------------------------------------------------------------------


def redirects():
    config = yaml.load((ROOT / "mkdocs.yml").read_text(), reading._Loader)
    return next(plugin["redirects"]["redirect_maps"] for plugin in config["plugins"]
                if "redirects" in plugin)


def lost(listed, pages, moved):
    """The addresses that there were, and that lead nowhere now."""
    return sorted(set(listed) - set(pages) - set(moved))


def test_each_address_that_there_ever_was_is_a_page_or_leads_to_one(guide):
    listed = {change.page for change in changes.changes()}
    assert lost(listed, [name(page) for page in READINGS], redirects()) == []
    assert not [page for page in listed if not html_of(guide, f"docs/{page}").is_file()]


def test_each_page_is_in_the_list_of_changes():
    unlisted = {name(page) for page in READINGS} - set(changes.last())
    assert not unlisted, "run `make changes`"


def test_an_address_that_leads_nowhere_is_noticed():
    assert lost(["a.md", "b.md", "c.md"], ["a.md"], {"b.md": "a.md"}) == ["c.md"]


def test_an_old_address_leads_to_the_page(project):
    project.page("Text.\n")
    project.write("changes.txt", "2026-01-02  old/name.md  New\n2026-01-03  planted.md  Moved\n")
    project.write("docs/changes.md", "# Changes {#changes}\n")
    config = project.root / "mkdocs.yml"
    config.write_text(re.sub(r"redirect_maps: \{.*?\}",
                             "redirect_maps: {old/name.md: planted.md}", config.read_text()))
    assert project.build().returncode == 0
    old = project.root / "site/old/name/index.html"
    seconds, target = soup(old).select_one("meta[http-equiv=refresh]")["content"].split("; url=")
    assert seconds == "0"
    assert (old.parent / target / "index.html").resolve() == html_of(
        project.root / "site", "docs/planted.md").resolve()
    listed = soup(html_of(project.root / "site", "docs/changes.md"))
    assert [h2["id"] for h2 in listed.find_all("h2")] == ["d-2026-01-03", "d-2026-01-02"]
    assert [a["href"] for a in listed.article.select("li a")] == ["../planted/", "../planted/"]


@pytest.mark.parametrize("line", [
    "yesterday  planted.md  New", "2026-01-02  planted.md", "2026-01-01  planted.md  Older"])
def test_a_line_that_is_no_change_is_refused(project, line):
    project.write("changes.txt", f"2026-01-02  index.md  New\n{line}\n")
    assert_refused(project.build(), "changes.txt:2", line)


# --- citation ---------------------------------------------------------------------


def test_the_citation_has_what_the_format_asks_for_and_the_date_of_the_last_change():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    config = yaml.load((ROOT / "mkdocs.yml").read_text(), reading._Loader)
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert citation["title"] == config["site_name"]
    assert citation["license"] == "MIT-0"
    assert all(author["name"] for author in citation["authors"])
    assert citation["date-released"] == date.fromisoformat(changes.changes()[0].date)
