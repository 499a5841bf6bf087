"""The policy of each page: it asks no other host, and runs no script that is written into it."""

import pytest

from .browsing import DESKTOP, PHONE
from .screenshots import search

LISTEN = """
window.refused = []
addEventListener("securitypolicyviolation", event =>
    window.refused.push(`${event.effectiveDirective} ${event.blockedURI}`))
"""
KINDS = {"home": "", "plain": "shapes/view-vs-reshape/", "maths": "normalization/which-axes/",
         "spaced maths": "attention/attention-by-hand/", "figure": "shapes/permute-vs-reshape/",
         "notebook": "exercises/patchify/", "messages": "messages/shapes/",
         "symptoms": "symptoms/", "index": "shapes/", "changes": "changes/"}
ELSEWHERE = "https://example.org/planted"
PLANTED = {
    "a script in the page": ("<script>window.ran = 1</script>", "script-src-elem inline"),
    "an attribute that is a script": ("<img src='/assets/favicon.svg' onload='window.ran = 1'>",
                                      "script-src-attr inline"),
    "a style in the page": ("<style>body { color: red }</style>", "style-src-elem inline"),
    "a foreign script": (f"<script src='{ELSEWHERE}'></script>", f"script-src-elem {ELSEWHERE}"),
    "a foreign picture": (f"<img src='{ELSEWHERE}'>", f"img-src {ELSEWHERE}"),
    "a foreign style": (f"<link rel=stylesheet href='{ELSEWHERE}'>", f"style-src-elem {ELSEWHERE}"),
    "a frame": (f"<iframe src='{ELSEWHERE}'></iframe>", "frame-src https://example.org"),
}


@pytest.fixture
def guarded(visit):
    """Return a function that opens a page, and keeps there what its policy refuses."""

    def opened(below, viewport=DESKTOP, **options):
        page = visit(below, viewport, **options)
        page.add_init_script(LISTEN)
        page.reload(wait_until="networkidle")
        return page

    return opened


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("below", KINDS.values(), ids=KINDS)
def test_a_page_of_each_kind_is_read_and_searched_under_its_policy(guarded, below, viewport):
    page = guarded(below, viewport, permissions=["clipboard-read", "clipboard-write"])
    if button := page.locator("article [data-md-type=copy]").all():
        button[0].click()
    search(page)
    page.locator("[data-search-close]").click()
    assert not page.locator("dialog.search").is_visible()
    assert page.evaluate("window.refused") == []
    assert page.complaints == []


@pytest.mark.parametrize("planted", PLANTED)
def test_what_is_planted_in_a_page_is_refused(guarded, planted):
    html, refused = PLANTED[planted]
    page = guarded("shapes/view-vs-reshape/")
    page.evaluate("""html => document.body.append(
        document.createRange().createContextualFragment(html))""", html)
    page.wait_for_function("() => window.refused.length > 0")
    assert page.evaluate("[window.refused[0], window.ran]") == [refused, None]
