"""What the search costs its reader, against stock Material on the same text: time and bytes.

Both sites are open in one browser and are asked in turn, so that both meet the same noise.
"""

import gzip
import tomllib
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from tests.guide import ROOT

from .browsing import PHONE, browser
from .searching import Search, StockSearch
from .serving import serve
from .stock import build_stock

ASKED = tomllib.loads((ROOT / "tests/browser/queries.toml").read_text())["asked"]
QUERIES = list(ASKED.values())[::24]
FETCHED = ["search/index.js", "assets/search.js", "assets/minisearch.js"]  # for the first answer
LATER = ["search/messages.js", "assets/messages.js"]  # after it, to know messages
STOCK_FETCHED = ["search/search_index.json", "assets/javascripts/workers/search.*.js"]


def wire(site: Path, fetched: list[str]) -> int:
    """The bytes of the files that the first search fetches, compressed as a server does."""
    return sum(len(gzip.compress(path.read_bytes(), 6))
               for pattern in fetched for path in site.glob(pattern))


def ratio(ours: Path, stock: Path, queries: list[str] = QUERIES) -> dict[str, float]:
    """Type queries key by key in two built sites.

    Returns: milliseconds from a key to its results, median and p95 of both sites, and
        `ratio` and `ratio_p95`, ours to stock's; the bytes of a first search, and their ratio.
    """
    took: dict[str, list[float]] = {"ours": [], "stock": []}
    with browser() as chromium, serve(ours) as one, serve(stock) as other:
        searches = {"ours": Search(chromium.new_page(), one),
                    "stock": StockSearch(chromium.new_page(), other)}
        for query in queries:
            for search in searches.values():
                search.clear()
            for key in query:
                for name, search in searches.items():
                    took[name] += search.time(key)
    found = {"bytes of the first answer": wire(ours, FETCHED),
             "bytes of the first": wire(ours, FETCHED + LATER),
             "bytes of the first, stock": wire(stock, STOCK_FETCHED)}
    found["bytes, ratio"] = found["bytes of the first"] / found["bytes of the first, stock"]
    for name, times in took.items():
        found[name] = median(times)
        found[f"{name}_p95"] = quantiles(times, n=20)[-1]
    return found | {"ratio": found["ours"] / found["stock"],
                    "ratio_p95": found["ours_p95"] / found["stock_p95"]}


FIRST_USE = """query => new Promise(done => {
    const start = performance.now()
    document.addEventListener("answered",
        () => setTimeout(() => done(performance.now() - start)), { once: true, capture: true })
    document.querySelector("[data-search-open]").click()
    document.querySelector("dialog.search input").value = query
})"""


def first_use(site: Path, times: int = 5) -> float:
    """The milliseconds from the touch of the search to its first answer, on a phone slowed 4×."""
    took = []
    with browser() as chromium, serve(site) as home:
        for _ in range(times):
            context = chromium.new_context(viewport=PHONE)
            page = context.new_page()
            page.goto(home, wait_until="load")
            context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
            took.append(page.evaluate(FIRST_USE, "loss is nan"))
            context.close()
    return median(took)


if __name__ == "__main__":
    print(f"search, first use on a phone slowed 4x: {first_use(ROOT / 'site'):.0f} ms")
    with TemporaryDirectory() as folder:
        found = ratio(ROOT / "site", build_stock(Path(folder)))
    for name, value in found.items():
        print(f"search, {name}: {value:.2f}")
