"""`make offline`: the site as files on a disk, without a server."""

import os
import subprocess
import sys

import pytest

from tests.guide import ROOT

from .screenshots import search


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    """Return the address of the home page of a site built for the disk."""
    folder = tmp_path_factory.mktemp("offline") / "site"
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT, env=os.environ | {"OFFLINE": "true"}, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return (folder / "index.html").as_uri()


def test_the_site_on_a_disk_is_searched_and_read_without_a_request(browser, offline):
    page = browser.new_page()
    requested = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(offline)
    search(page, "view size is not compatible")
    page.locator("dialog.search li a").first.click()
    page.wait_for_url("**/*.html*")
    assert page.locator("article h1").is_visible()
    assert [url for url in requested if not url.startswith(("file:", "data:", "blob:"))] == []
    page.close()


def test_the_site_on_a_disk_cleans_a_query(browser, offline):
    page = browser.new_page()
    page.goto(offline)
    search(page, "what is the difference between view and reshape")
    assert "reshape" in page.locator("dialog.search li:not(.entry) a").first.inner_text()
    page.close()
