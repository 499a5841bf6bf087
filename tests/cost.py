"""`make cost`: what the machinery costs, beside an older commit and beside stock Material.

All numbers are ratios of times of one run, on the machine as it is. The exit is not zero where a
limit is not met.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory

import psutil

from tests.browser import stock
from tests.guide import GUIDE, ROOT
from tests.rows import Row

BASE = "8bdbf75"
PAGE = "shapes/squeeze"
ENVIRONMENT = os.environ | {"NO_MKDOCS_2_WARNING": "1", "REPO_URL": "", "SITE_URL": ""}


def command(*arguments: str, cwd: Path) -> tuple[float, float]:
    """Return the seconds that a command takes, and the most MB that its processes hold together."""
    process = psutil.Popen(arguments, cwd=cwd, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    most, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.5):
            held = 0
            for each in [process, *children_of(process)]:
                with contextlib.suppress(OSError, StopIteration):
                    rollup = Path(f"/proc/{each.pid}/smaps_rollup").read_text().split("\n")
                    held += int(next(row for row in rollup if row.startswith("Pss:")).split()[1])
            most[0] = max(most[0], held / 1024)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    start = time.monotonic()
    status = process.wait()
    seconds = time.monotonic() - start
    ended.set()
    if status:
        raise SystemExit(f"{' '.join(arguments)} in {cwd}: exit status {status}")
    return seconds, most[0]


def children_of(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return process.children(recursive=True)
    return []


def suites(base: Path) -> Iterator[Row]:
    """The test command and CI of both commits, on clean clones that are installed already."""
    with TemporaryDirectory() as folder:
        ours = Path(folder, "ours")
        subprocess.run(["git", "clone", "-q", str(ROOT), str(ours)], check=True)
        both = {"ours": ours, "base": base}
        for clone in both.values():
            subprocess.run(["make", "-s", ".venv/installed"], cwd=clone, check=True)
        took = {name: command("make", "-s", "test", cwd=clone) for name, clone in both.items()}
        pages = len(GUIDE.paths) / len(list((base / "docs").rglob("*.md")))
        (seconds, megabytes), (before, held) = took["ours"], took["base"]
        yield Row("make test, a page, against the base", seconds / before / pages, 0.33,
                  f"{seconds:.0f} s / {before:.0f} s, pages × {pages:.2f}")
        yield Row("memory of make test, against the base", megabytes / held, 1.2,
                  f"{megabytes:.0f} MB / {held:.0f} MB")
        took = {name: command(".ci/run", cwd=clone) for name, clone in both.items()}
        (seconds, _), (before, _) = took["ours"], took["base"]
        yield Row(".ci/run, a page, against the base", seconds / before / pages, 0.5,
                  f"{seconds:.0f} s / {before:.0f} s")


def one_page() -> Iterator[Row]:
    """All that is asked of one page, in imports of torch."""
    torch = median(command(sys.executable, "-c", "import torch", cwd=ROOT)[0] for _ in range(5))
    page = median(command(sys.executable, "-m", "pytest", "-q", "--page", PAGE, cwd=ROOT)[0]
                  for _ in range(3))
    yield Row("make page / import torch", page / torch, 5, f"{page:.1f} s / {torch:.1f} s")


def served(project: Path, port: int, edits: int = 15) -> tuple[float, float]:
    """Return the seconds to the first page of `mkdocs serve`, and from an edit to its new bytes."""
    page = project / f"docs/{PAGE}.md"
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "mkdocs", "serve", "-a", f"127.0.0.1:{port}"], cwd=project,
        env=ENVIRONMENT | {"PYTHONPATH": str(project)}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}/{PAGE}/"
        first = until(address, "</html>", start)
        time.sleep(15)  # what is made behind the reader's back is made
        took = []
        for number in range(edits):
            page.write_text(page.read_text() + f"\nEdit number {number}.\n")
            took.append(until(address, f"Edit number {number}.", time.monotonic()))
            time.sleep(1.1 + number / 30)  # at another moment of the server's polling
        return first, mean(took)
    finally:
        process.terminate()
        process.wait()


def until(address: str, words: str, start: float) -> float:
    """Return the seconds since `start` when an address answers with the words."""
    while time.monotonic() < start + 120:
        with contextlib.suppress(OSError):
            if words in urllib.request.urlopen(address).read().decode():
                return time.monotonic() - start
        time.sleep(0.02)
    raise SystemExit(f"{address}: never {words!r}")


def thrice(project: Path, to: Path) -> None:
    """Write the project with each page three times; links lead to the first."""
    shutil.copytree(project, to, symlinks=True)
    for page in sorted((to / "docs").rglob("*.md")):
        if page.name != "index.md" and page.parent.name != "docs":
            for number in (2, 3):
                page.with_name(f"{page.stem}-{number}.md").write_text(page.read_text())


def serving() -> Iterator[Row]:
    """`mkdocs serve`, ours, stock Material's on the same text, and ours with each page thrice."""
    with stock.projects() as (ours, theirs), TemporaryDirectory() as folder:
        larger = Path(folder, "larger")
        thrice(ours, larger)
        (first, edit), (stock_first, stock_edit), (larger_first, larger_edit) = (
            served(project, port) for port, project in enumerate((ours, theirs, larger), 8100))
    yield Row("serve until the first page / stock Material's", first / stock_first, 1.2,
              f"{first:.2f} s / {stock_first:.2f} s")
    yield Row("an edit until it is served / stock Material's", edit / stock_edit, 0.3,
              f"{edit:.2f} s / {stock_edit:.2f} s")
    yield Row("an edit with three times the pages / itself", larger_edit / edit, 1.2,
              f"{larger_edit:.2f} s / {edit:.2f} s")
    yield Row("first page with three times the pages / itself", larger_first / first, None,
              f"{larger_first:.2f} s / {first:.2f} s")


def main() -> int:
    commit = sys.argv[1] if len(sys.argv) > 1 else BASE
    rows = []
    with TemporaryDirectory() as folder:
        base = Path(folder, "base")
        subprocess.run(["git", "clone", "-q", str(ROOT), str(base)], check=True)
        subprocess.run(["git", "checkout", "-q", commit], cwd=base, check=True)
        for row in (row for part in (one_page(), serving(), suites(base)) for row in part):
            print(row, flush=True)
            rows.append(row)
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
