"""`make preview`: the site as it will be published, below a path, read in a browser."""

import os
import subprocess
import sys
import threading

import pytest

from sitekit import preview
from tests.guide import ROOT

from .screenshots import search

ADDRESS = "https://ada.github.io/guide/"


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Return the address on this machine of a site that was built, published and served."""
    folder = tmp_path_factory.mktemp("preview")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder / "site"],
        cwd=ROOT, capture_output=True, text=True,
        env=os.environ | {"SITE_URL": ADDRESS, "REPO_URL": "https://github.com/ada/guide"})
    assert built.returncode == 0, built.stderr
    preview.publish(folder / "site", folder / "pages.git", folder / "published")
    with preview.server(folder / "published", ADDRESS, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/guide/"
        server.shutdown()


@pytest.mark.parametrize("below", ["", "shapes/view-vs-reshape/", "shapes/that-is-not-there/"])
def test_the_published_site_is_read_and_searched_below_its_path(browser, published, below):
    page = browser.new_page()
    asked, missed = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda response: response.status == 404 and missed.append(response.url))
    page.goto(published + below, wait_until="networkidle")
    search(page, "view size is not compatible")
    page.locator("dialog.search li a").first.click()
    page.wait_for_url(f"{published}*/**")
    assert page.locator("article h1").is_visible()
    assert [url for url in asked if not url.startswith((published, "data:"))] == []
    assert missed == [published + below] * ("not-there" in below)
    page.close()
