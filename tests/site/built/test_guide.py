"""What is true of the guide as it is built, as a whole; tests/pages looks at each page."""

import re
import unicodedata

from bs4 import BeautifulSoup, SoupStrainer
from fontTools.ttLib import TTFont

from sitekit.build import lists
from sitekit.build.reference import NAME, STABLE, address, whole
from sitekit.build.shown import unproved
from sitekit.publish.font import FONT, wanted
from tests.guide import GUIDE

from ..conftest import html_of

# --- code and names ------------------------------------------------------------------


def test_every_page_of_the_guide_shows_what_it_reads(site, guide):
    """The built pages, templates included, and not only what Markdown made of them."""
    for page in guide.pages:
        html = html_of(site, page.path).read_text()
        html = re.sub(r'<details class="otherwise".*?</details>', "", html, flags=re.DOTALL)
        start = html.index("<article")
        assert unproved(html[start:html.index("</article>")], page) == [], page.path


def test_a_name_leads_where_a_page_that_cites_it_leads(site):
    compared, linked, article = 0, 0, SoupStrainer("article")
    for path in GUIDE.paths:
        page = BeautifulSoup(html_of(site, path).read_text(), "html.parser", parse_only=article)
        linked += len(page.select("a.torch"))
        for a in page.select(f'a[href^="{STABLE}"]:not(.torch)'):
            if NAME.fullmatch(a.text):
                compared += 1
                assert a["href"].partition("#")[0] == (
                    address(GUIDE, whole(a.text)).partition("#")[0]), f"{path}: {a.text}"
    assert compared > 50
    assert linked > 300


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


def test_the_maths_font_has_every_sign_of_every_formula(site):
    signs = set("√")
    for html in site.rglob("*.html"):
        text = html.read_text()
        if "<math" in text:
            for formula in BeautifulSoup(text, "html.parser", parse_only=SoupStrainer("math")):
                signs |= signs_of(formula)
    font = TTFont(FONT)
    missing = signs - {chr(c) for c in font.getBestCmap()}
    assert not missing, f"add {missing} to sitekit/publish/font.py and run `make font`"
    assert "MATH" in font


def test_the_maths_font_is_the_one_that_make_font_cuts():
    assert wanted() <= set(TTFont(FONT).getBestCmap())


# --- nothing from elsewhere -----------------------------------------------------------


def test_no_page_asks_another_host_for_anything(site):
    asks = re.compile(r"<(?!a\b)(?![^>]*rel=\"?canonical)[a-z]+\b[^>]*?"
                      r"\s(?:src|srcset|href|data|poster)=[\"']?(?:https?:)?//")
    assert asks.search('<img alt="a" src="https://example.org/a.png">')
    assert not asks.search('<a href="https://example.org/"><link rel="canonical" href="//b/">')
    for html in site.rglob("*.html"):
        assert not asks.search(html.read_text()), html
    for css in site.rglob("*.css"):
        assert not re.search(r"url\([\"']?(https?:)?//", css.read_text()), css


def test_the_links_to_the_next_page_follow_the_menu_through_the_whole_guide(site):
    page, seen = site / "index.html", []
    footer = re.compile(r'<a href="([^"]+)" class="md-footer__link md-footer__link--next"')
    while page:
        seen.append(page)
        onward = footer.search(page.read_text())
        page = onward and (page.parent / onward[1]).resolve() / "index.html"
    assert sorted(seen) == sorted(html_of(site, path) for path in GUIDE.paths)
    for path in GUIDE.paths:
        page = html_of(site, path)
        menu = BeautifulSoup(page.read_text(), "html.parser", parse_only=SoupStrainer("nav"))
        section = [(page.parent / link["href"]).resolve() / "index.html"
                   for link in menu.select("nav[data-md-level='1'] a.md-nav__link")
                   if "#" not in link["href"]]
        places = [seen.index(page) for page in section]
        assert places == sorted(places)
        assert {html_of(site, other) for other in beside(path)} <= {*section}


def beside(path: str) -> list[str]:
    """The pages that stand with a page in one list of the menu."""
    folder, group = path.rpartition("/")[0], GUIDE.meta(path).get("group", "")
    return [] if path.count("/") == 1 else lists.grouped(GUIDE, folder).get(group, [])


def article(site, path: str) -> BeautifulSoup:
    return BeautifulSoup(html_of(site, path).read_text(), "html.parser").article


def targets(site, path: str, links) -> list[str]:
    """The pages that links of a page lead to, below docs/."""
    pages = {html_of(site, other).parent.resolve(): other for other in GUIDE.paths}
    here = html_of(site, path).parent
    return [pages[(here / a["href"].partition("#")[0]).resolve()] for a in links]


def test_the_home_page_leads_to_each_folder_and_to_what_is_asked_most_there(site):
    home = article(site, "docs/index.md")
    folders = lists.folders(GUIDE)
    assert targets(site, "docs/index.md", home.select(".topics h3 a")) == [
        lists.index_of(folder) for folder in folders]
    assert targets(site, "docs/index.md", home.select(".topics li a")) == [
        path for folder in folders for path in lists.asked(GUIDE, folder)]


def test_each_folder_lists_its_pages_below_the_heading_of_their_group(site):
    for folder in lists.folders(GUIDE):
        index = lists.index_of(folder)
        listed, group = {}, ""
        for element in article(site, index).select("h2, .contents"):
            if element.name == "h2":
                group = element["id"]
            else:
                of = group if group in lists.groups(GUIDE, folder) else ""
                listed[of] = targets(site, index, element.select("a"))
        assert listed == lists.grouped(GUIDE, folder)


def test_no_list_of_a_folder_is_longer_than_a_reader_looks_through(site):
    for folder in lists.folders(GUIDE):
        for group, pages in lists.grouped(GUIDE, folder).items():
            assert len(pages) <= 12, f"{folder}: give these pages a group: {group} {pages}"


def test_each_page_of_a_folder_names_two_to_four_pages_near_it(site):
    for path in GUIDE.paths:
        if path.count("/") == 2 and not path.endswith("/index.md"):
            near = targets(site, path, article(site, path).select(".near a"))
            assert 2 <= len(near) == len({*near, path}) - 1 <= 4, path
