"""Chromium, and what it is told on every machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run"]


def chromium() -> str:
    """The path of an installed Chromium. FileNotFoundError where there is none."""
    asked = os.environ.get("CHROMIUM")
    found = shutil.which(asked or "chromium") or shutil.which(asked or "chromium-browser")
    if not found:
        raise FileNotFoundError(
            f"no browser {asked or 'chromium'}: apt-get install chromium, "
            "or set CHROMIUM to the path of one")
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        yield started
        started.close()
