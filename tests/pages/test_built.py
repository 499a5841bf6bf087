"""A page as MkDocs builds it."""

import gzip
import pkgutil
import re

import pytest
from bs4 import BeautifulSoup

from sitekit.build.reference import NAME, STABLE, address, whole
from tests.limits import FIGURES, HEADERS, limit_of_further


def test_a_page_builds_and_shows_what_runs_and_copies_what_it_shows(path, page, guide, converted):
    """The build itself refuses code that did not run, a name that torch has not, LaTeX."""
    soup = converted.soup(path)
    article, said = soup.article, soup.select_one("meta[name=description]")
    assert said["content"] == page.meta.get("description", said["content"])
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


def unsafe(soup: BeautifulSoup) -> list[str]:
    """What the policy of a page would refuse, and links that tell other hosts of the page."""
    policy = soup.select_one("head meta[http-equiv=Content-Security-Policy]")
    found = [] if policy and not policy.find_previous(["script", "link"]) else ["no policy"]
    found += [f"{name}=" for element in soup.find_all(True) for name in element.attrs
              if name.startswith("on")]
    found += [f"<{element.name}> in the page" for element in soup.select("script, style")
              if not element.get("src") and element.get("type") != "application/json"]
    for element in soup.find_all(src=True) + soup.select("link[href]:not([rel=canonical])"):
        address = element.get("src") or element["href"]
        if not address.startswith("data:") and re.match(r"[a-z]+:|//", address):
            found.append(f"<{element.name}> of {address}")
    found += [f"no rel=noopener: {link['href']}" for link in soup.select("a[href*='://']")
              if "noopener" not in link.get("rel", [])]
    return found + [link["href"] for link in soup.select("a[href^='javascript:']")]


def test_a_page_holds_nothing_that_its_policy_refuses(path, converted):
    """Each script is a file of the site, and a link to another host says rel=noopener."""
    assert unsafe(converted.soup(path)) == []


@pytest.mark.parametrize("planted", [
    "<script>x()</script>", "<style>p { color: red }</style>", "<p onclick='x()'>",
    "<script src='https://example.org/a.js'></script>", "<img src='//example.org/a.png'>",
    "<link rel=stylesheet href='https://example.org/a.css'>",
    "<a href='https://example.org/'>there</a>", "<a href='javascript:x()'>there</a>"])
def test_what_a_policy_refuses_is_found_in_a_page(planted):
    policy = "<head><meta http-equiv=Content-Security-Policy content=\"default-src 'self'\"></head>"
    found = [unsafe(BeautifulSoup(html, "html.parser"))
             for html in (policy, policy + planted, planted)]
    assert found[0] == []
    assert len(found[1]) == 1
    assert found[2][0] == "no policy"


def test_a_page_is_light(path, page, converted):
    """The browser's tests weigh a sample of the pages; this one weighs each."""
    figures = bool(converted.soup(path).select(FIGURES))
    weight = len(gzip.compress(converted.html(path).encode(), 6)) + HEADERS
    assert weight <= limit_of_further(page.address, figures)
