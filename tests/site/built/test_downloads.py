"""What a reader takes home as a file; tests/pages tries each file alone."""

import re

import nbformat
import pytest
from bs4 import BeautifulSoup, SoupStrainer

from sitekit.build.copied import is_offered
from sitekit.build.lists import notebook
from sitekit.publish.notebook import to_notebook
from tests.guide import GUIDE, ROOT

from ..conftest import html_of

ARTICLE = SoupStrainer("article")
PAGES = [page for page in GUIDE.pages if page.examples]


def test_each_section_stands_under_its_file_and_wrong_ones_under_none(site):
    linked = set()
    for page in PAGES:
        html = html_of(site, page.path)
        article = BeautifulSoup(html.read_text(), "html.parser", parse_only=ARTICLE)
        above = [link.select_one("a") for link in article.select("article .file")]
        sections = [e for e in page.examples if e.snippet and is_offered(e.snippet.path)]
        assert len(above) == len(sections), page.path
        for link, section in zip(above, sections, strict=True):
            file = html.parent / link["href"]
            assert file.name == link.get_text() == section.snippet.path.rpartition("/")[2]
            assert section.text in file.read_text()
            assert link.parent.find_next_sibling("div").get_text().strip() == section.text.strip()
            linked.add(file.resolve().relative_to(site.resolve()).as_posix())
    assert linked == {path for path in GUIDE.snippets if is_offered(path)}
    assert not list(site.rglob("wrong_*.py"))


def test_each_page_is_offered_as_a_notebook(site):
    for page in PAGES:
        html = html_of(site, page.path)
        links = re.findall(r'<a download="" href="([^"]+\.ipynb)"', html.read_text())
        file, = {(html.parent / link).resolve() for link in links}
        assert file == (site / notebook(page.path)).resolve()
        nbformat.validate(nbformat.read(file, as_version=4))


def test_each_exercise_is_a_light_page(site):
    exercises = [page for page in PAGES if page.meta.get("notebook")]
    assert len(exercises) > 1
    for page in exercises:
        assert html_of(site, page.path).stat().st_size < 150_000


@pytest.mark.parametrize("place", ["", "https://guide.example/"])
def test_the_links_of_a_notebook_lead_to_the_site_where_it_has_an_address(place):
    page = GUIDE.page("docs/shapes/permute-vs-reshape.md")
    cells = to_notebook(page, place).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    if not place:
        assert "](" not in re.sub(r"\]\(https://[^)]*\)", "", prose)
        return
    addresses = re.findall(rf"\]\({place}([^)]*)\)", prose)
    assert "shapes/view-vs-reshape/" in {address.split("#")[0] for address in addresses}
    assert all((ROOT / "docs" / f"{a.split('#')[0].rstrip('/')}.md").exists() for a in addresses)
