"""`make screenshots`: pictures of the site as it was built, to be looked at."""

from pathlib import Path

from playwright.sync_api import Page

from sitekit.run.runs import MADE
from tests.guide import ROOT

from .browsing import DESKTOP, PHONE, browser
from .serving import serve

FOLDER = ROOT / MADE / "screenshots"
SHOWN = {
    "home": "",
    "page": "shapes/view-vs-reshape/",
    "maths": "normalization/which-axes/",
    "figure": "shapes/permute-vs-reshape/",
    "notebook": "exercises/patchify/",
    "messages": "messages/",
}


def search(page: Page, query: str = "loss is nan") -> None:
    """Open the search and wait for what it finds."""
    page.keyboard.press("/")
    page.keyboard.type(query)
    page.wait_for_selector("dialog.search li")
    page.wait_for_timeout(500)  # the panel fades in


def main(folder: Path = FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with serve(ROOT / "site") as home, browser() as chromium:
        for width, viewport in (("1280", DESKTOP), ("390", PHONE)):
            for scheme in ("light", "dark"):
                context = chromium.new_context(viewport=viewport, color_scheme=scheme)
                page = context.new_page()
                for name, below in SHOWN.items():
                    page.goto(home + below, wait_until="networkidle")
                    page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
                page.goto(home)
                search(page)
                page.screenshot(path=folder / f"search-{width}-{scheme}.png")
                context.close()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder.relative_to(ROOT)}/")


if __name__ == "__main__":
    main()
