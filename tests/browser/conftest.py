"""The site that `make build` made, in a real browser."""

from collections import defaultdict

import pytest
from tests.guide import GUIDE, ROOT

from . import browsing
from .serving import serve

SITE = ROOT / "site"


def address(name: str) -> str:
    """The address of `a/b.md` below the home page: `a/b/`."""
    return GUIDE.page(f"docs/{name}").address


ADDRESSES = [GUIDE.page(path).address for path in GUIDE.paths]


REBUILT = {"offline", "published"}  # fixtures that build the whole site once more
SMALL = 24  # a sample that is smaller is too short for that


def pytest_addoption(parser):
    parser.addoption("--sample", type=int, default=1, metavar="N",
                     help="run each Nth case of each test (default: all); above "
                          f"{SMALL}, none that builds the site again")


def pytest_configure(config):
    try:
        browsing.chromium()
    except FileNotFoundError as error:
        raise pytest.UsageError(str(error)) from None
    if not (SITE / "index.html").exists():
        raise pytest.UsageError("site/: there is no built site; run `make build`")


def pytest_collection_modifyitems(config, items):
    """Keep the first of each N cases of a test, and say how many were left out."""
    cases, sample = defaultdict(list), config.getoption("--sample")
    for item in items:
        if sample <= SMALL or not REBUILT & set(item.fixturenames):
            cases[item.path, item.originalname].append(item)
    kept = {item for found in cases.values() for item in found[::sample]}
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


@pytest.fixture(scope="session")
def browser():
    with browsing.browser() as started:
        yield started


@pytest.fixture(scope="session")
def home():
    """Return the address of the built site, with a slash at its end."""
    with serve(SITE) as served:
        yield served


@pytest.fixture
def visit(browser, home):
    """Return a function that opens an address below the home page in a context of its own."""
    contexts = []

    def visit(below="", viewport=browsing.DESKTOP, **options):
        contexts.append(browser.new_context(viewport=viewport, **options))
        page = contexts[-1].new_page()
        page.requested, page.complaints = [], []
        page.on("request", lambda request: page.requested.append(request.url))
        page.on("console", lambda message: message.type in ("error", "warning")
                and page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(home + below, wait_until="load")
        return page

    yield visit
    for context in contexts:
        context.close()
