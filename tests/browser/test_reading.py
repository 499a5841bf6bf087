"""Code is read without scrolling sideways: on a desk whole, on a phone all but some outputs."""

import pytest

from tests.guide import GUIDE

from .browsing import DESKTOP, PHONE
from .conftest import ADDRESSES
from .reading import MOST_WIDE, OUT_OF_SIGHT, out_of_sight, wide


def test_nineteen_of_twenty_lines_of_code_are_written_for_a_phone():
    count, found = wide(GUIDE)
    assert len(found) / count < MOST_WIDE, found[:20]


@pytest.mark.parametrize("below", ADDRESSES)
def test_no_line_of_code_is_out_of_sight_on_a_desk(visit, below):
    assert sum(hidden for _, hidden in visit(below, DESKTOP).evaluate(OUT_OF_SIGHT)) == 0


def test_fewer_than_a_fifth_of_the_lines_are_out_of_sight_on_a_phone(browser, home):
    found = out_of_sight(browser, home, ADDRESSES[::10], PHONE)
    assert found.lines > 0
    assert found.hidden_lines / found.lines < 0.2


def test_a_line_that_is_out_of_sight_is_counted(visit):
    page = visit("shapes/view-vs-reshape/", DESKTOP)
    page.evaluate("""() => document.querySelector("article").innerHTML =
        "<pre><code><span>short</span>\\n<b>wide</b>" + "m".repeat(500) + "\\nshort\\n</code></pre>"
    """)
    assert page.evaluate(OUT_OF_SIGHT) == [[3, 1]]
