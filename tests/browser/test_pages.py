"""What holds on every page of the built site, on a desk and on a phone."""

import pytest

from .browsing import PHONE
from .conftest import ADDRESSES

WIDER_THAN_THE_PHONE = """() => {
    const width = document.documentElement.clientWidth
    const scrolls = e => e && (e.scrollWidth > e.clientWidth
        && ["auto", "scroll"].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement))
    const wide = [...document.querySelectorAll("article *")].filter(
        e => e.getBoundingClientRect().right > width + 1 && !scrolls(e.parentElement))
    const page = document.scrollingElement
    page.scrollLeft = 100
    return [page.scrollLeft, wide.map(e => e.outerHTML.slice(0, 200))]
}"""


@pytest.mark.parametrize("below", ADDRESSES)
def test_a_page_asks_no_other_host_and_complains_of_nothing(visit, home, below):
    page = visit(below)
    page.wait_for_load_state("networkidle")
    assert [url for url in page.requested if not url.startswith((home, "data:", "blob:"))] == []
    assert page.complaints == []


@pytest.mark.parametrize("below", ADDRESSES)
def test_nothing_but_a_box_scrolls_sideways_on_a_phone(visit, below):
    assert visit(below, PHONE).evaluate(WIDER_THAN_THE_PHONE) == [0, []]


def test_a_long_error_message_wraps_on_a_phone(visit):
    message = visit("autograd/in-place/", PHONE).locator(
        ".gr", has_text="one of the variables needed for gradient computation").first
    box = message.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    assert "set_detect_anomaly" in message.inner_text()


@pytest.mark.parametrize("below", ["messages/modules/", "losses/kl-div/"])
def test_a_long_line_of_code_is_read_whole_on_a_phone(visit, below):
    lines = visit(below, PHONE).locator("article pre .long")
    assert lines.count() > 0
    for line in lines.all():
        box = line.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert line.evaluate("e => e.scrollWidth <= e.clientWidth")


@pytest.mark.parametrize("below", ADDRESSES)
def test_a_page_is_readable_without_javascript(visit, below):
    page = visit(below, java_script_enabled=False)
    assert page.locator("article h1").is_visible()
    hidden = page.locator("article :is(p, pre, table, h2, math):not(details *)")
    assert all(hidden.nth(i).is_visible() for i in range(hidden.count()))
