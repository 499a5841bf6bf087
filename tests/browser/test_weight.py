"""A page is light, stands still while it loads, and leaves the search for who searches."""

from functools import partial
from statistics import median
from time import sleep

import pytest

from . import weight
from .browsing import DESKTOP, PHONE
from .conftest import ADDRESSES, SITE
from .serving import serve

SEARCH = "dialog.search input"


def of_search(requested, home):
    return [url.removeprefix(home) for url in requested
            if url.endswith(("search/index.js", "assets/minisearch.js", "assets/search.js"))]


@pytest.fixture
def first_visit(browser, home):
    return partial(weight.first_visit, browser, home)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["1280", "390"])
@pytest.mark.parametrize("below", ADDRESSES)
def test_a_first_visit_is_light_and_nothing_moves(first_visit, home, below, viewport):
    visit = first_visit(below, viewport)
    assert visit.wire <= visit.limit_of_first
    assert visit.moved == 0
    assert of_search(visit.requested, home) == []


@pytest.mark.parametrize("below", ["normalization/which-axes/", "losses/"])
def test_nothing_moves_when_the_menu_comes_in_two_halves(browser, below):
    with serve(SITE, interrupted=b'<li class="md-nav__item">') as home:
        assert weight.first_visit(browser, home, below).moved == 0


def test_nothing_moves_when_the_maths_font_comes_late(browser, home):
    """A machine that has Latin Modern of its own would not show it."""
    def late(route):
        sleep(0.3)
        route.continue_()

    with weight.session(browser, home) as session:
        session.tab.route("**/maths.woff2", late)
        visit = session.go("numerics/std/")
    assert visit.maths
    assert visit.moved == 0


@pytest.mark.parametrize("below", ADDRESSES)
def test_a_further_page_is_light(browser, home, below):
    [visit] = weight.further_visits(browser, home, [below])
    assert visit.wire <= visit.limit_of_further


def test_the_search_is_fetched_when_it_is_touched(visit, home):
    page = visit()
    page.wait_for_load_state("networkidle")
    assert of_search(page.requested, home) == []
    with page.expect_response("**/search/index.js"):
        page.locator("[data-search-open]").first.click()
    page.fill(SEARCH, "softmax")
    page.wait_for_selector("dialog.search li")
    assert len(of_search(page.requested, home)) == 3


def test_a_notebook_weighs_at_most_twice_a_plain_page(browser, home):
    pages = weight.notebooks()
    plain = [below for below in ADDRESSES if below not in pages][:24]
    further = partial(weight.further_visits, browser, home)
    typical = median(visit.wire for visit in further(plain))
    assert max(visit.wire for visit in further(pages)) <= weight.NOTEBOOK * typical
