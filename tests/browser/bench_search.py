"""How long the search takes to answer a key, against stock Material on the same text.

Both sites are open in one browser and are asked in turn, so that both meet the same noise.
"""

import tomllib
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from tests.guide import ROOT

from .browsing import browser
from .searching import Search, StockSearch
from .serving import serve
from .stock import build_stock

ASKED = tomllib.loads((ROOT / "tests/browser/queries.toml").read_text())["asked"]
QUERIES = list(ASKED.values())[::24]


def ratio(ours: Path, stock: Path, queries: list[str] = QUERIES) -> dict[str, float]:
    """Type queries key by key in two built sites.

    Returns: milliseconds from a key to its results, median and p95 of both sites, and
        `ratio` and `ratio_p95`, ours to stock's.
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
    found = {}
    for name, times in took.items():
        found[name] = median(times)
        found[f"{name}_p95"] = quantiles(times, n=20)[-1]
    return found | {"ratio": found["ours"] / found["stock"],
                    "ratio_p95": found["ours_p95"] / found["stock_p95"]}


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        found = ratio(ROOT / "site", build_stock(Path(folder)))
    for name, value in found.items():
        print(f"search, {name}: {value:.2f}" + ("" if "ratio" in name else " ms"))
