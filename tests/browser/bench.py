"""`make bench`: what the readers and the authors of the guide wait for, beside the limits.

Ratios are of two times of one run. The exit is not zero where a limit is not met.
"""

import importlib.util
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sitekit.run.runs import here, run_file
from tests import limits
from tests.guide import GUIDE, ROOT
from tests.rows import Row

from . import browsing, lab_agreement, reading, stock, weight
from .conftest import ADDRESSES, SITE
from .serving import serve

BUILD, EXAMPLES = 1.5, 0.3
SEARCH = {"ratio": 0.8, "ratio_p95": 0.8, "bytes, ratio": 0.5,  # to stock Material's
          # of 400 pages; 100,000 for 290 were wanted, and ten words a page for 50 would save 14,000
          "bytes of the first answer": 120_000, "bytes of the first": 192_000}
FIRST_USE = 600  # milliseconds, on a phone slowed 4×
SLOW = ROOT / "tests/slow.toml"
TIMES = 3
SLOWED = 4
EDIT = """() => {
    const chain = document.querySelector("#lab-chain"), start = performance.now()
    chain.value = chain.value.endsWith("[:]") ? chain.value.slice(0, -3) : chain.value + "[:]"
    chain.dispatchEvent(new Event("input"))
    document.body.getBoundingClientRect()  // what is drawn is laid out
    return performance.now() - start
}"""


def bytes_of(what: str, visits: list[weight.Visit], limit: int) -> Iterator[Row]:
    heaviest = max(visits, key=lambda visit: visit.wire)
    yield Row(f"{what}, median of {len(visits)}", median(v.wire for v in visits), limit)
    yield Row(f"{what}, maximum", heaviest.wire, limit, heaviest.page)


def weights() -> Iterator[Row]:
    """What comes over the wire for each page, in bytes, and what moves."""
    with browsing.browser() as browser, serve(SITE) as home:
        first = [weight.first_visit(browser, home, below) for below in ADDRESSES]
        phone = [weight.first_visit(browser, home, below, browsing.PHONE) for below in ADDRESSES]
        further = weight.further_visits(browser, home, ADDRESSES)

        for maths, what, limit in [(False, "first visit", limits.FIRST),
                                   (True, "first visit, with maths", limits.FIRST_WITH_MATHS)]:
            yield from bytes_of(what, [v for v in first if v.maths == maths
                                       and v.page not in limits.HEAVIER], limit)
        for figures, what, limit in [
                (False, "further page", limits.FURTHER),
                (True, "further page, with figures", limits.FURTHER_WITH_FIGURES)]:
            yield from bytes_of(what, [v for v in further if v.figures == figures
                                       and v.page not in limits.HEAVIER], limit)
        for visit in further:
            if visit.page in limits.HEAVIER:
                yield Row("further page, with a file to copy or the lab", visit.wire,
                          visit.limit_of_further, visit.page)
        notebooks = [v for v in further if v.page in weight.notebooks()]
        plain = median(v.wire for v in further if v not in notebooks)
        heaviest = max(notebooks, key=lambda visit: visit.wire)
        yield Row("notebook page / plain page", heaviest.wire / plain, weight.NOTEBOOK,
                  heaviest.page)
        others = [url for visit in first + phone + further for url in visit.others(home)]
        yield Row("requests to other hosts", len(others), 0, " ".join(sorted(set(others))[:3]))
        for width, visits in [(1280, first), (390, phone)]:
            worst = max(visits, key=lambda visit: visit.moved)
            yield Row(f"layout shift, {width} px", worst.moved, 0,
                      worst.page if worst.moved else "")


def code() -> Iterator[Row]:
    """How much of the code a reader must scroll sideways, and how many lines are wide."""
    count, wide = reading.wide(GUIDE)
    yield Row(f"{count} lines of code, of {reading.WIDE} characters or more", len(wide) / count,
              reading.MOST_WIDE, max(wide, key=len, default="").partition(": ")[0])
    with browsing.browser() as browser, serve(SITE) as home:
        for viewport, lines, blocks in [(browsing.PHONE, 0.2, None), (browsing.DESKTOP, None, 0)]:
            found = reading.out_of_sight(browser, home, ADDRESSES, viewport)
            at = f"out of sight at {viewport['width']} px"
            yield Row(f"{found.lines} lines of code, {at}", found.hidden_lines / found.lines, lines)
            yield Row(f"{found.blocks} blocks of code, {at}", found.hidden_blocks / found.blocks,
                      blocks, found.worst)


def builds() -> Iterator[Row]:
    """The seconds of CPU of a build, and of a rebuild after an edit of one page."""
    for what, (ours, theirs) in stock.build_times(TIMES).items():
        yield Row(f"{what} / stock Material's", ours / theirs, BUILD,
                  f"{1000 * ours / len(GUIDE.paths):.0f} ms a page / "
                  f"{1000 * theirs / len(GUIDE.paths):.0f} ms")


def import_torch() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    return time.perf_counter() - start


def seconds(page: str) -> float:
    """The time that the examples of a page take, with the process that is forked for it."""
    start = time.perf_counter()
    run_file(GUIDE, page, here())
    return time.perf_counter() - start


def examples() -> Iterator[Row]:
    """The examples of each page against `import torch`; the slow ones with their reason."""
    reasons = tomllib.loads(SLOW.read_text())
    with_examples = [page.path for page in GUIDE.pages if page.examples]
    torch = min(import_torch() for _ in range(TIMES))
    seconds(with_examples[0])  # the server that forks has imported torch
    ratios = {page: seconds(page) / torch for page in with_examples}
    for page in with_examples:  # one slow time may be the machine's
        if ratios[page] > EXAMPLES:
            again = min(seconds(page) for _ in range(TIMES - 1)) / torch
            ratios[page] = min(ratios[page], again)
    slow = {page: ratio for page, ratio in ratios.items() if ratio > EXAMPLES}
    yield Row(f"all examples / import torch ({torch:.1f} s)", sum(ratios.values()), None)
    yield Row("examples of a page / import torch, median", median(ratios.values()), EXAMPLES)
    for page, ratio in sorted(slow.items(), key=lambda item: -item[1]):
        known = reasons.get(page)
        yield Row(f"  {page.removeprefix('docs/')}", ratio, None if known else EXAMPLES,
                  known or "no reason in tests/slow.toml")
    unknown = len(set(slow) - set(reasons))
    yield Row(f"pages above {EXAMPLES} without a reason, of {len(slow)}", unknown, 0)


def latency() -> Iterator[Row]:
    """The time from a key to the answer, ours against stock Material's."""
    if not importlib.util.find_spec("tests.browser.bench_search"):
        return
    from . import bench_search

    with TemporaryDirectory() as folder:
        found = bench_search.ratio(SITE, stock.build_stock(Path(folder)))
    for name, value in found.items():
        yield Row(f"search, {name}", value, SEARCH.get(name))
    yield Row("search, first use on a slow phone", bench_search.first_use(SITE), FIRST_USE)


def questions() -> Iterator[Row]:
    """The shares of questions whose page is found among the first three, and first."""
    from . import queries, unseen
    from .searching import Search

    asked = {"questions of users": queries.ASKED, "questions in other words":
             queries.QUERIES["own"], "titles of threads": queries.QUERIES["thread"]}
    with browsing.browser() as browser, serve(SITE) as home:
        search = Search(browser.new_page(), home)
        for name, pages in asked.items():
            three, first = queries.shares_typed(search, pages)
            yield Row(f"{len(pages)} {name}, not among three", 1 - three, 0.13)
            yield Row(f"{len(pages)} {name}, not first", 1 - first, 0.26)
        three, first = queries.shares_typed(search, unseen.UNSEEN["thread"])
        yield Row(f"{len(unseen.UNSEEN['thread'])} unseen, not among three", 1 - three, 0.05)
        yield Row(f"{len(unseen.UNSEEN['thread'])} unseen, not first", 1 - first, 0.15)


def lab() -> Iterator[Row]:
    """The milliseconds from an edit in the lab to its picture, on a phone slowed 4 times."""
    with browsing.browser() as browser, serve(SITE) as home:
        page = browser.new_page(viewport=browsing.PHONE)
        page.goto(home + lab_agreement.LAB)
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        for sizes in ["2, 3, 4", "10, 20", "64, 64"]:
            page.fill("#lab-x", sizes)
            page.fill("#lab-chain", ".permute(1, 0)" if sizes.count(",") == 1 else ".flatten()")
            times = [page.evaluate(EDIT) for _ in range(9)]
            yield Row(f"an edit of the lab, x of ({sizes}), ms", median(times), 50, "slowed 4×")


PARTS = {"weight": weights, "build": builds, "examples": examples, "search": latency,
         "questions": questions, "lab": lab}


def main(names: list[str]) -> int:
    rows = []
    print(f"{'':<52}{'number':>9}{'limit':>9}")
    for name in names or PARTS:
        for row in PARTS[name]():
            rows.append(row)
            print(row, flush=True)
    missed = [row.what.strip() for row in rows if not row.met]
    print(f"{len(rows)} numbers, {len(missed)} over their limit")
    return 1 if missed else 0

