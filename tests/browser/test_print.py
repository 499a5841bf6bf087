"""A page on paper: the text and its code, whole, without controls, and where its links lead."""

import pytest

from .browsing import PHONE
from .reading import OUT_OF_SIGHT

PAPER = {"width": 700, "height": 1000}
SEEN = """selector => [...document.querySelectorAll(selector)].filter(
    element => element.checkVisibility()).length"""
CONTROLS = ("nav, aside, form, dialog, [data-md-component=sidebar], .md-footer__link, "
            ".search__open, .headerlink, .md-top, .file, .take-home, .download")


def printed(visit, below, **options):
    page = visit(below, PAPER, **options)
    page.wait_for_load_state("networkidle")
    page.emulate_media(media="print")
    return page


@pytest.mark.parametrize("below", ["shapes/image-patches/", "exercises/patchify/", "messages/"])
def test_no_control_is_printed_and_no_code_is_cut(visit, below):
    page = printed(visit, below)
    assert page.evaluate(SEEN, "article h1") == 1
    assert page.evaluate(SEEN, CONTROLS) == 0
    assert sum(hidden for _, hidden in page.evaluate(OUT_OF_SIGHT)) == 0


def test_a_link_to_another_host_is_printed_with_its_address(visit):
    page = printed(visit, "attention/padding-masks/")
    links = page.evaluate("""() => [...document.querySelectorAll("article a[href^=http]")].filter(
        a => !a.matches(".torch")).map(a => [a.href, getComputedStyle(a, "::after").content])""")
    assert links
    for address, after in links:
        assert address.rstrip("/") in after


def test_what_is_folded_is_printed(visit):
    page = printed(visit, "exercises/patchify/")
    heights = page.evaluate("""() => [...document.querySelectorAll("article details")].map(
        fold => [fold, fold.children[0]].map(each => each.getBoundingClientRect().height)
    ).map(([whole, title]) => whole - title)""")
    assert heights
    assert min(heights) > 20


@pytest.mark.parametrize("viewport", [PAPER, PHONE], ids=["paper", "phone"])
def test_dark_colours_stay_on_the_screen(visit, viewport):
    page = printed(visit, "shapes/view-vs-reshape/", color_scheme="dark")
    page.set_viewport_size(viewport)
    assert page.evaluate("document.body.dataset.mdColorScheme") == "slate"
    for selector in ("article p", "article pre code", "article h1"):
        colour = page.evaluate("""selector => getComputedStyle(
            document.querySelector(selector)).color.match(/\\d+/g).map(Number)""", selector)
        assert max(colour) < 0x70, (selector, colour)
