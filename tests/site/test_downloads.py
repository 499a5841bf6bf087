"""What a reader takes home as a file."""

import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from sitekit.reading import ROOT, TRACEBACK, read_pages, relative

from sitekit import downloads

from .conftest import html_of
from .test_guide import global_names, missing_names

READINGS = [reading for reading in read_pages() if reading.examples]
SNIPPETS = [relative(path) for path in sorted((ROOT / "snippets").rglob("*.py"))]
OFFERED = [path for path in SNIPPETS if downloads.is_offered(path)]


@pytest.mark.parametrize("path", OFFERED)
def test_a_downloaded_snippet_runs_alone(path):
    text = downloads.standalone(path)
    assert not re.search(r"8<-|^ *(from|import) (snippets|sitekit|tests)", text, re.MULTILINE)
    code = compile(text, path, "exec")
    namespace = {"__name__": "downloaded"}
    exec(code, namespace)
    assert not missing_names(code, namespace)


def test_a_downloaded_snippet_without_its_import_is_noticed():
    code = compile("def mean(x):\n    return torch.mean(x)\n", "planted", "exec")
    assert global_names(code) >= {"torch"}
    assert missing_names(code, {"mean": None}) == {"torch"}


def test_each_section_stands_under_its_file_and_wrong_ones_under_none(guide):
    linked = set()
    for reading in READINGS:
        html = html_of(guide, reading.path)
        page = BeautifulSoup(html.read_text(), "html.parser")
        above = [link.select_one("a") for link in page.select("article .file")]
        sections = [e for e in reading.examples if e.snippet
                    and downloads.is_offered(e.snippet.path)]
        assert len(above) == len(sections), reading.path
        for link, section in zip(above, sections, strict=True):
            file = html.parent / link["href"]
            assert file.name == link.get_text() == section.snippet.path.rpartition("/")[2]
            assert section.text in file.read_text()
            assert link.parent.find_next_sibling("div").get_text().strip() == section.text.strip()
            linked.add(file.resolve().relative_to(guide.resolve()).as_posix())
    assert linked == set(OFFERED)
    assert not list(guide.rglob("wrong_*.py"))


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.path)
def test_each_page_is_offered_as_a_notebook_without_outputs(guide, reading):
    html = html_of(guide, reading.path)
    links = BeautifulSoup(html.read_text(), "html.parser").select("a[download][href$='.ipynb']")
    file, = {html.parent / link["href"] for link in links}
    notebook = nbformat.read(file, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    steps = [s for e in reading.examples if not e.condition for s in e.steps]
    assert [c.source for c in code] == [(s.imports + s.source).rstrip() for s in steps]
    assert not any(cell.outputs for cell in code)
    tagged = ["raises-exception" in cell.metadata.tags for cell in code]
    assert tagged == [TRACEBACK in step.want for step in steps]
    prose = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    assert not re.search(r"8<-|^///|\{ *#|>>>|\.md[#)]|figure:", prose, re.MULTILINE)


def test_the_links_of_a_notebook_lead_to_the_site_where_it_has_an_address():
    reading = next(r for r in READINGS if r.path == "docs/shapes/permute-vs-reshape.md")

    def prose(site):
        cells = downloads.to_notebook(reading, site).cells
        return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")

    assert "](" not in re.sub(r"\]\(https://[^)]*\)", "", prose(""))
    addresses = re.findall(r"\]\(https://guide\.example/([^)]*)\)", prose("https://guide.example/"))
    assert "shapes/view-vs-reshape/" in {address.split("#")[0] for address in addresses}
    assert all((ROOT / "docs" / f"{a.split('#')[0].rstrip('/')}.md").exists() for a in addresses)
