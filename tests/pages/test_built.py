"""A page as MkDocs builds it."""

import gzip
import pkgutil
import re

from bs4 import BeautifulSoup

from sitekit.build.reference import NAME, STABLE, address, whole
from tests.limits import HEADERS, limit_of_further


def test_a_page_builds_and_shows_what_runs_and_copies_what_it_shows(path, page, guide, converted):
    """The build itself refuses code that did not run, a name that torch has not, LaTeX."""
    article = BeautifulSoup(converted.html(path), "html.parser").article
    copied = [code["data-copy"] for code in article.select("code[data-copy]")]
    assert copied == [example.copied.rstrip() for example in page.examples]
    assert not [marked for marked in article.select(".arithmatex") if not marked.find("math")]
    linked = {a["href"] for a in article.select("a.torch")}
    for code in article.find_all("code"):
        if not code.find_parent(["pre", "a", "h1", "h2", "h3"]):
            for name in NAME.findall(code.text):
                assert address(guide, whole(name)) in linked
    for target in linked:
        if found := re.fullmatch(rf"{STABLE}generated/(.+)\.html(?:#.+)?", target):
            pkgutil.resolve_name(found[1])


def test_a_page_is_light(path, page, converted):
    """The browser's tests weigh a sample of the pages; this one weighs each."""
    html = converted.html(path)
    figures = bool(BeautifulSoup(html, "html.parser").select("article svg.figure, article img"))
    assert len(gzip.compress(html.encode(), 6)) + HEADERS <= limit_of_further(page.address, figures)
