"""True addresses, links into the repository, what is written after the build, the citation."""

from datetime import date
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
import yaml
from bs4 import BeautifulSoup

from sitekit.build import changes
from sitekit.publish import after
from tests.guide import GUIDE, ROOT

from .conftest import html_of

ADDRESS = {"SITE_URL": "https://example.org/guide/", "REPO_URL": "https://github.com/ada/guide"}
NO_ADDRESS = dict.fromkeys(ADDRESS, "")
EXAMPLE = "```pycon\n>>> 1\n1\n```\n"


def soup(file):
    return BeautifulSoup(file.read_text(), "html.parser")


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
    assert soup(site / "index.html").select_one("[type='application/atom+xml']") is not None
    rows = ElementTree.parse(site / "sitemap.xml").getroot()
    found = {row[0].text: row[1].text if len(row) > 1 else "" for row in rows}
    assert set(found) == {at, f"{at}planted/", f"{at}plain/", f"{at}exercise/"}
    assert found[f"{at}planted/"] == "2026-01-02"
    assert f"({at}planted.md)" in (site / "llms.txt").read_text()
    for page in ("planted", "exercise", "plain"):
        html = html_of(site, f"docs/{page}.md")
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
            assert (site / notebook).is_file()
        # Material's component with this name asks the host for the repository's stars
        assert 'data-md-component="source"' not in html.read_text()
        assert soup(html).select(".md-source")


def test_the_step_after_the_build_is_the_same_without_mkdocs(pages, tmp_path):
    """So that another builder's pages get the same files."""
    assert pages.build(**NO_ADDRESS).returncode == 0
    built = pages.root / "site"
    after.write(pages.guide, tmp_path / "alone", "")
    for file in (tmp_path / "alone").rglob("*"):
        if file.is_file():
            assert file.read_bytes() == (built / file.relative_to(tmp_path / "alone")).read_bytes()


# --- changes ----------------------------------------------------------------------


def test_the_page_of_changes_has_each_day_and_follows_a_page_that_moved(project):
    project.page("Text.\n")
    project.write("changes.txt", "2026-01-02  old/name.md  New\n2026-01-03  planted.md  Other\n"
                                 "2026-01-03  old/name.md  Moved to planted.md\n")
    project.write("docs/changes.md", "# Changes {#changes}\n")
    listed = BeautifulSoup(project.html("changes"), "html.parser").article
    assert [h2["id"] for h2 in listed.find_all("h2")] == ["d-2026-01-03", "d-2026-01-02"]
    assert [a["href"] for a in listed.select("li a")] == ["../planted/", "../planted/"]


# --- citation ---------------------------------------------------------------------


def test_the_citation_has_what_the_format_asks_for_and_the_date_of_the_last_change():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert f"site_name: {citation['title']}" in (ROOT / "mkdocs.yml").read_text().splitlines()
    assert citation["license"] == "MIT-0"
    assert all(author["name"] for author in citation["authors"])
    assert citation["date-released"] == date.fromisoformat(GUIDE.changes[0].date)


def test_a_day_of_many_new_pages_names_some_and_counts_the_rest(project):
    """So the page of changes stays light, although its list grows for ever."""
    names = [f"page-{number}" for number in range(changes.MOST + 2)]
    for name in names:
        project.page("Text.\n", name)
    project.write("changes.txt", "".join(f"2026-01-02  {name}.md  New\n" for name in names))
    text = changes.markdown(project.guide)
    assert [f"({name}.md)" in text for name in names] == [True] * changes.MOST + [False] * 2
    assert text.rstrip().endswith(" and 2 more.")
