"""In Firefox and in WebKit a sample of the pages reads, copies and is searched as in Chromium."""

import time

import pytest

from tests.guide import GUIDE

from .conftest import address
from .engines import Engine, Firefox, WebKit, engine
from .searching import FOUND, Search

FORMULAS = ["notation.md", "numerics/std.md", "modules/linear-init.md"]
FIGURES = ["shapes/image-patches.md", "shapes/permute-vs-reshape.md"]
COPIED = ["shapes/squeeze.md", "guards/judge.md", "messages/shapes.md"]
ASKED = ["why does my loss become nan", "batchnorm eval", "causal mask lets through",
         "RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x512 and 256x10)"]
FORMULA = "math:not([display=block])"  # a block is as wide as the column in Firefox
BOXES = """return [...document.querySelectorAll("article %s")].map(element => {
    const boxes = [...element.getClientRects()]  // a box a line
    return [boxes.reduce((sum, { width }) => sum + width, 0), boxes[0].height]
})"""


@pytest.fixture(scope="module", params=[Firefox, WebKit], ids=lambda kind: kind.__name__)
def other(request):
    """A browser of another maker, where it is installed."""
    try:
        with engine(request.param) as started:
            yield started
    except FileNotFoundError as error:
        pytest.skip(str(error))


def until(other: Engine, script: str, seconds: float = 15) -> object:
    """Wait until a script returns something true, and return it."""
    end = time.monotonic() + seconds
    while not (found := other.run(script)):
        assert time.monotonic() < end, script
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("page", FORMULAS)
def test_a_formula_is_as_wide_as_in_chromium_and_in_the_font_of_the_site(other, visit, home, page):
    chromium = visit(address(page)).evaluate(f"() => {{ {BOXES % FORMULA} }}")
    other.go(home + address(page))
    until(other, "return document.fonts.status == 'loaded'")
    found = other.run(BOXES % FORMULA)
    assert len(found) == len(chromium) > 0
    for (width, height), (as_wide, _) in zip(found, chromium, strict=True):
        assert width == pytest.approx(as_wide, rel=0.2, abs=4)
        assert height > 4
    assert other.run("return [...document.fonts].some("
                     "font => /math/i.test(font.family) && font.status == 'loaded')")


@pytest.mark.parametrize("page", FIGURES)
def test_a_figure_is_as_large_as_in_chromium(other, visit, home, page):
    chromium = visit(address(page)).evaluate(f"() => {{ {BOXES % 'svg.figure'} }}")
    other.go(home + address(page))
    found = other.run(BOXES % "svg.figure")
    assert len(found) == len(chromium) > 0
    for (width, height), (_, as_tall) in zip(found, chromium, strict=True):
        assert width > 100
        assert height / width > 0
        assert height == pytest.approx(as_tall, rel=0.3)


@pytest.mark.parametrize("page", COPIED)
def test_a_copy_button_copies_what_it_copies_in_chromium(other, home, page):
    wanted = GUIDE.page(f"docs/{page}").examples[0].copied
    other.go(home + address(page))
    until(other, "return document.querySelector('article [data-md-type=copy]') !== null")
    other.click("article [data-md-type=copy]")
    other.press("/")
    other.press_with_control("v")
    pasted = until(other, "return document.querySelector('dialog.search input').value")
    assert len(pasted) > 100
    assert "".join(wanted.split()).startswith("".join(pasted.split()))


@pytest.mark.parametrize("asked", ASKED)
def test_the_search_finds_first_what_it_finds_in_chromium(other, visit, home, asked):
    chromium = Search(visit().context.new_page(), home).type(asked)
    other.go(home)
    other.press("/")
    until(other, "return document.activeElement.matches('dialog.search input')")
    other.press(asked)
    until(other, f"return ({FOUND})().length > 0")
    time.sleep(0.3)  # the last key is answered
    assert [links[0].removeprefix(home) for links in other.run(f"return ({FOUND})()")] == [
        links[0] for links in chromium]
