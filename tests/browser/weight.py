"""What a page costs its reader: bytes on the wire, requests, what moves while it loads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page

from tests.guide import GUIDE
from tests.limits import FIGURES, FIRST, FIRST_WITH_MATHS, FURTHER, HEAVIER, limit_of_further

from .browsing import DESKTOP

NOTEBOOK = 2  # times a plain page
BEFORE = ["notation/", "shapes/permute-vs-reshape/"]  # pages with maths
MOVED = """
window.moved = 0
new PerformanceObserver(list => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.moved += shift.value
}).observe({type: "layout-shift", buffered: true})
"""


@dataclass
class Visit:
    """One page, loaded until the network is idle."""

    page: str
    wire: int = 0  # bytes, compressed, headers included
    moved: float = 0  # the cumulative layout shift, to four decimals
    maths: bool = False
    figures: bool = False
    requested: list[str] = field(default_factory=list)

    @property
    def limit_of_first(self) -> int:
        more = HEAVIER.get(self.page, FURTHER) - FURTHER
        return (FIRST_WITH_MATHS if self.maths else FIRST) + more

    @property
    def limit_of_further(self) -> int:
        return limit_of_further(self.page, self.figures)

    def others(self, home: str) -> list[str]:
        """The requests to other hosts."""
        return [url for url in self.requested if not url.startswith((home, "data:", "blob:"))]


class Session:
    """A browser with an empty cache, and what comes over its wire."""

    def __init__(self, tab: Page, home: str):
        self.tab, self.home, self.visit = tab, home, Visit("")
        tab.add_init_script(MOVED)
        tab.on("request", lambda request: self.visit.requested.append(request.url))
        wire = tab.context.new_cdp_session(tab)
        wire.send("Network.enable")
        wire.on("Network.loadingFinished", self._count)

    def _count(self, event: dict) -> None:
        self.visit.wire += int(event["encodedDataLength"])

    def go(self, below: str) -> Visit:
        self.visit = visit = Visit(below or "(home)")
        self.tab.goto(self.home + below, wait_until="networkidle")
        visit.moved = round(self.tab.evaluate("window.moved"), 4)
        visit.maths = self.tab.locator("article math").count() > 0
        visit.figures = self.tab.locator(FIGURES).count() > 0
        return visit


@contextmanager
def session(browser: Browser, home: str, viewport: dict = DESKTOP) -> Iterator[Session]:
    context = browser.new_context(viewport=viewport)
    yield Session(context.new_page(), home)
    context.close()


def first_visit(browser: Browser, home: str, below: str, viewport: dict = DESKTOP) -> Visit:
    with session(browser, home, viewport) as found:
        return found.go(below)


def further_visits(browser: Browser, home: str, pages: list[str]) -> list[Visit]:
    """Each page, after one with maths: the font counts in the first visit."""
    found = {}
    for before in BEFORE:
        with session(browser, home) as visitor:
            visitor.go(before)
            for below in pages:
                if below != before and below not in found:
                    found[below] = visitor.go(below)
    return [found[below] for below in pages]


def notebooks() -> list[str]:
    """The addresses of the pages that are notebooks."""
    return [page.address for page in GUIDE.pages if page.meta.get("notebook")]
