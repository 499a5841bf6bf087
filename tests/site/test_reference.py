"""Names of torch in the prose: they exist, and lead to torch's own reference."""

import pkgutil
import re

import markdown
import pytest
from bs4 import BeautifulSoup, SoupStrainer
from sitekit.reading import PageError, read_pages
from sitekit.reference import NAME, STABLE, address, whole

from .conftest import assert_refused, html_of

READINGS = read_pages()


def converted(text):
    """The HTML of Markdown text, with the extensions that decide what is prose."""
    extensions = ["attr_list", "tables", "pymdownx.inlinehilite", "pymdownx.superfences"]
    return markdown.Markdown(extensions=[*extensions, "sitekit.reference"], extension_configs={
        "sitekit.reference": {"page": "docs/index.md"}}).convert(text)


@pytest.fixture(scope="module")
def articles(guide):
    """Return each page's text, by the path of its source."""
    article = SoupStrainer("article")
    return {page.path: BeautifulSoup(html_of(guide, page.path).read_text(), "html.parser",
                                     parse_only=article) for page in READINGS}


def links(article):
    return {a.text: a["href"].removeprefix(STABLE) for a in article.select("a.torch")}


def names_in_code(article):
    """Each whole name of torch outside blocks, and the element of inline code that has it."""
    for code in article.find_all("code"):
        if not code.find_parent("pre"):
            for found in NAME.findall(code.text):
                yield whole(found), code


def test_each_name_of_torch_in_the_prose_is_torchs_and_linked(articles):
    seen = set()
    for page, article in articles.items():
        linked = {a["href"] for a in article.select("a.torch")}
        for found, code in names_in_code(article):
            pkgutil.resolve_name(found)
            seen.add(found)
            in_prose = code.parent.name not in ("a", "h1", "h2", "h3")
            assert not in_prose or address(found) in linked, f"{page}: {found}"
    assert len(seen) > 100


def test_each_link_leads_to_a_name_that_torch_has(articles):
    seen = set()
    for article in articles.values():
        for target in links(article).values():
            if found := re.fullmatch(r"generated/(.+)\.html(?:#.+)?|.+\.html#(torch.+)", target):
                seen.add(found[1] or found[2])
    for found in seen:
        pkgutil.resolve_name(found)
    assert len(seen) > 100


def test_a_name_leads_where_a_page_that_cites_it_leads(articles):
    compared = 0
    for page, article in articles.items():
        for a in article.select(f'a[href^="{STABLE}"]:not(.torch)'):
            if NAME.fullmatch(a.text):
                compared += 1
                assert a["href"].partition("#")[0] == (
                    address(whole(a.text)).partition("#")[0]), f"{page}: {a.text}"
    assert compared > 50


@pytest.mark.parametrize(("text", "linked"), [
    ("`F.cross_entropy`", {"F.cross_entropy": "generated/torch.nn.functional.cross_entropy.html"}),
    ("`nn.Linear(3, 1).weight`", {"nn.Linear": "generated/torch.nn.Linear.html"}),
    ("`Module.train` in a\n[link](#planted)",
     {"Module.train": "generated/torch.nn.Module.html#torch.nn.Module.train"}),
    ("`with torch.no_grad():`", {"torch.no_grad": "generated/torch.no_grad.html"}),
    ("`view` or `x.view(2)`", {"view": "generated/torch.Tensor.view.html"}),
    ("`where(a, b)`, `torch.where`", {"where": "generated/torch.where.html"}),
    ("the argument `dim`, `mean`, `x`, `torch`", {}),
    ("`F.unfold`, `Tensor.unfold` and `unfold`",
     {"F.unfold": "generated/torch.nn.functional.unfold.html",
      "Tensor.unfold": "generated/torch.Tensor.unfold.html"}),
    ("## `torch.where` {#where}\n\n[`torch.where`](#where)\n\n```pycon\n>>> torch.where\n```", {}),
    ("| a |\n|---|\n| *`torch.rand`* |\n", {"torch.rand": "generated/torch.rand.html"}),
])
def test_the_first_mention_of_a_name_is_linked(text, linked):
    assert links(BeautifulSoup(converted(text), "html.parser")) == linked


@pytest.mark.parametrize("name", ["torch.wehre", "F.crossentropy", "nn.Liner", "Tensor.veiw"])
def test_a_name_that_torch_does_not_have_is_refused(name):
    with pytest.raises(PageError, match=rf"index\.md:\d+: torch has no {whole(name)}"):
        converted(f"Use `{name}(x)`.")


def test_a_name_whose_page_is_not_known_is_refused():
    with pytest.raises(PageError, match=r"reference\.py knows no page on torch\.export\.export"):
        converted("Use `torch.export.export`.")


def test_the_build_says_in_one_line_where_a_name_is_wrong(project):
    project.page("Text.\n\nUse `torch.wehre(x)`.\n")
    assert_refused(project.build(), "docs/planted.md:5: torch has no torch.wehre")
