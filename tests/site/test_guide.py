"""What is true of the guide as it is built."""

import builtins
import dis
import json
import re
import shutil
import subprocess
import sys
import unicodedata
from types import CodeType

import nbformat
import pytest
import torch
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from sitekit.font import FONT, wanted
from sitekit.reading import FENCES, ROOT, front_matter, is_python, read_pages, relative

from .conftest import blocks, html_of, python_digests

READINGS = read_pages()
SECTIONS = [example for reading in READINGS for example in reading.examples if example.snippet]
SITE_ONLY = ["bs4", "fontTools", "material", "math_core", "mkdocs", "mkdocs_jupyter", "nbclient",
             "nbformat"]


# --- what is shown is what runs -------------------------------------------------


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Return what ran where the tools of the site cannot be imported."""
    root = tmp_path_factory.mktemp("without") / "site-tools"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(".*", "site", "__pycache__"))
    for module in SITE_ONLY:
        (root / f"{module}.py").write_text("raise ImportError(__name__)\n")
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--ran", "ran.json",
         "README.md", "docs", "snippets"], cwd=root, capture_output=True, text=True)
    assert tested.returncode == 0, tested.stdout
    return json.loads((root / "ran.json").read_text())


def test_every_block_that_is_shown_ran_and_passed(guide, ran):
    shown = {r.path: python_digests(html_of(guide, r.path)) for r in READINGS if r.examples}
    elsewhere = {r.path: {e.digest for e in r.examples}
                 - {e.digest for e in r.examples_on("cpu", torch.__version__)} for r in READINGS}
    of_pages = {path: digests for path, digests in ran.items() if path.startswith("docs/")}
    assert {path: found - elsewhere[path] for path, found in shown.items()} == {
        path: set(digests) for path, digests in of_pages.items()}
    assert all(passed for digests in of_pages.values() for passed in digests.values())


def python_that_does_not_run(html):
    """Blocks that a reader takes for examples, and that no run covers: indented ones, say."""
    return [text for language, text in blocks(html) if language not in ("python", "pycon")
            and (language not in FENCES or is_python(text))]


def test_every_code_block_that_is_python_is_in_a_fence_that_runs(guide):
    for reading in READINGS:
        assert python_that_does_not_run(html_of(guide, reading.path)) == [], reading.path


@pytest.mark.parametrize(("planted", "shown", "ran"), [
    ("```pycon\n>>> 1\n1\n```\n", 1, 1),
    ("<!--\n```pycon\n>>> 1\n1\n```\n-->\n", 0, 1),
    ("> ```pycon\n> >>> 1\n> 2\n> ```\n", 1, 0),
])
def test_a_block_that_is_hidden_or_does_not_run_is_noticed(project, planted, shown, ran):
    project.page(planted)
    assert project.build().returncode == 0
    seen = python_digests(html_of(project.root / "site", "docs/planted.md"))
    executed = project.ran().get("docs/planted.md", {})
    assert (len(seen), len(executed)) == (shown, ran)


def test_an_indented_block_is_noticed(project):
    project.page("Then:\n\n    torch.ones(1)\n")
    assert project.build().returncode == 0
    html = html_of(project.root / "site", "docs/planted.md")
    assert python_that_does_not_run(html) == ["torch.ones(1)\n"]


# --- what is copied runs ------------------------------------------------------------


def global_names(code: CodeType) -> set[str]:
    """The names that a function and the functions in it look up outside themselves."""
    looked_up = ("LOAD_GLOBAL", "LOAD_NAME")
    names = {i.argval for i in dis.get_instructions(code) if i.opname in looked_up}
    inner = (global_names(c) for c in code.co_consts if isinstance(c, CodeType))
    return names.union(*inner)


def missing_names(code: CodeType, namespace: dict) -> set[str]:
    missing = global_names(code) - set(namespace) - set(vars(builtins))
    return {name for name in missing if not name.startswith("__")}


@pytest.mark.parametrize("example", SECTIONS, ids=lambda e: f"{e.snippet}")
def test_a_copied_section_runs_alone(example):
    code = compile(example.copied, example.where, "exec")
    namespace = {"__name__": "copied"}
    exec(code, namespace)
    missing = missing_names(code, namespace)
    assert not missing, f"{example.where}: needs {missing}"


def test_the_copy_button_gives_sources_only(guide):
    for reading in READINGS:
        page = BeautifulSoup(html_of(guide, reading.path).read_text(), "html.parser")
        copied = [code["data-copy"] for code in page.select("code[data-copy]")]
        assert copied == [example.copied.rstrip() for example in reading.examples], reading.path


# --- maths ------------------------------------------------------------------------------


ITALIC = {chr(int(unicodedata.decomposition(chr(code)).split()[1], 16)): chr(code)
          for code in [0x210E, *range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C)]
          if unicodedata.decomposition(chr(code))}


def signs_of(formula) -> set[str]:
    """The signs that a browser draws; a single letter in <mi> is drawn in italics."""
    signs = set()
    for leaf in formula.find_all(["mi", "mn", "mo", "mtext"]):
        text = leaf.get_text()
        italic = leaf.name == "mi" and len(text) == 1 and not leaf.get("mathvariant")
        signs |= {ITALIC.get(text, text)} if italic else set(text)
    return signs - set("\n\u200b\u2061\u2062\u2063\u2064")


def test_the_maths_font_has_every_sign_of_every_formula(guide):
    signs = set("√")
    for html in guide.rglob("*.html"):
        for formula in BeautifulSoup(html.read_text(), "html.parser").find_all("math"):
            signs |= signs_of(formula)
    font = TTFont(FONT)
    missing = signs - {chr(c) for c in font.getBestCmap()}
    assert not missing, f"add {missing} to sitekit/font.py and run `make font`"
    assert "MATH" in font


def test_the_maths_font_is_the_one_that_make_font_cuts():
    assert wanted() <= set(TTFont(FONT).getBestCmap())


def test_no_formula_is_left_as_latex(guide):
    for html in guide.rglob("*.html"):
        for marked in BeautifulSoup(html.read_text(), "html.parser").select(".arithmatex"):
            assert marked.find("math"), f"{html}: {marked}"


# --- nothing from elsewhere -----------------------------------------------------------


def test_no_page_asks_another_host_for_anything(guide):
    for html in guide.rglob("*.html"):
        page = BeautifulSoup(html.read_text(), "html.parser")
        asked = [tag.get("src") or tag.get("href") for tag in page.select("[src], link[href]")
                 if "canonical" not in tag.get("rel", [])]
        assert not [url for url in asked if re.match(r"(https?:)?//", url)], html
    for css in guide.rglob("*.css"):
        assert not re.search(r"url\([\"']?(https?:)?//", css.read_text()), css


def test_the_links_to_the_next_page_follow_the_menu_through_the_whole_guide(guide):
    page, seen = guide / "index.html", []
    while page:
        seen.append(page)
        html = BeautifulSoup(page.read_text(), "html.parser")
        onward = html.select_one("a.md-footer__link--next")
        page = onward and (page.parent / onward["href"]).resolve() / "index.html"
    assert sorted(seen) == sorted(html_of(guide, page.path) for page in READINGS)
    for page in seen:
        menu = BeautifulSoup(page.read_text(), "html.parser").select(
            "nav[data-md-level='1'] > ul > li > a")
        section = [(page.parent / link["href"]).resolve() / "index.html" for link in menu]
        start = seen.index(section[0]) if section else 0
        assert section == seen[start:start + len(section)]


# --- notebooks ------------------------------------------------------------------------


def test_each_exercise_is_a_notebook_without_outputs_and_a_light_page(guide):
    exercises = sorted((ROOT / "docs/exercises").glob("*.md"))
    assert len(exercises) > 1
    for exercise in exercises:
        if exercise.stem == "index":
            continue
        html = html_of(guide, relative(exercise))
        notebook = nbformat.read(html.parent / f"{exercise.stem}.ipynb", as_version=4)
        nbformat.validate(notebook)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert cells
        assert not any(cell.outputs for cell in cells)
        assert not [c for c in notebook.cells if re.search("8<-|///|{ *#|>>>", c.source)
                    and c.cell_type == "markdown"]
        assert html.stat().st_size < 150_000


# --- the lock -------------------------------------------------------------------------


OF_ONE_PLATFORM = re.compile(r"(nvidia|cuda|triton|pytorch-triton)\b")
PINNED = re.compile(r"[a-z0-9-]+==[\w.]+( ; .+)?")


def refused(lines: list[str]) -> list[str]:
    """The lines of a lock that hold on one machine and not on another."""
    return [line for line in lines if not line.startswith("#") and line != "-e ./sitekit"
            and (OF_ONE_PLATFORM.match(line) or not PINNED.fullmatch(line))]


def test_the_lock_holds_for_every_platform():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert "torch==2.13.0" in lines
    assert refused(lines) == []


@pytest.mark.parametrize("line", [
    "torch==2.13.0+cpu", "--index-url https://example.org/simple", "-i https://example.org",
    "nvidia-cublas==13.1", "triton==3.9", "cuda-bindings==13.0", "torch @ https://example.org/t.whl",
    "sympy", "sympy>=1.14"])
def test_a_lock_of_one_platform_is_refused(line):
    assert refused(["-e ./sitekit", "sympy==1.14.0", line]) == [line]


# --- the size of a page ---------------------------------------------------------------

LISTS = {"docs/symptoms.md", "docs/messages.md", "docs/warnings.md", "docs/changes.md"}
READ_THROUGH = [r for r in READINGS if not r.path.endswith("index.md") and r.path not in LISTS]


@pytest.mark.parametrize("reading", READ_THROUGH, ids=lambda r: r.path)
def test_a_page_is_short_and_shows_what_it_says(reading):
    text = re.sub(r"^ *(`{3,}).*?^ *\1$", "", reading.text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"\]\([^)]*\)|\{ *#[\w-]+ *\}|\$\$.*?\$\$", "", text, flags=re.DOTALL)
    assert len(text.split()) <= 1000
    assert sum(step.prompt for e in reading.examples for step in e.steps) >= 3


@pytest.mark.parametrize("reading", READINGS, ids=lambda r: r.path)
def test_a_page_has_a_title_a_description_and_headings_with_ids(reading):
    meta = front_matter((ROOT / reading.path).read_text())
    assert meta["title"]
    assert meta["description"]
    prose = re.sub(r"^ *(`{3,}).*?^ *\1$", "", reading.text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ .*$", prose, re.MULTILINE)
    assert headings[0].startswith("# ")
    assert not [h for h in headings if not re.search(r"\{ *#[\w-]+ *\}$", h)]
