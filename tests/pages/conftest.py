"""What is asked of each page: the tests of this folder run once a page, or for one, with --page."""

import logging
import os
from functools import lru_cache

import pytest
from bs4 import BeautifulSoup
from mkdocs.config import load_config

from sitekit.read.guide import page_path
from sitekit.read.place import GuideError
from sitekit.run.task import missing
from sitekit.site import Site
from tests.guide import GUIDE, ROOT


def chosen(config):
    """The pages that are tested: those whose libraries are here."""
    page = config.getoption("--page")
    paths = [page_path(page)] if page else GUIDE.paths
    return [path for path in paths if not missing(GUIDE, path)]


def has(path, what):
    """Whether a page is an exercise, or has a file of this kind."""
    if what == "exercise":
        return bool(GUIDE.meta(path).get("notebook"))
    return what in GUIDE.with_stem(path)


def pytest_generate_tests(metafunc):
    paths = chosen(metafunc.config)
    if only := metafunc.definition.get_closest_marker("only"):
        paths = [path for path in paths if has(path, *only.args)]
    if "claim" in metafunc.fixturenames:
        claims = [claim for path in paths for claim in GUIDE.beside(path).claims
                  if claim.belief or "belief" not in metafunc.function.__name__]
        metafunc.parametrize("claim", claims, ids=[f"{c.page}: {c.says}" for c in claims])
    elif "path" in metafunc.fixturenames:
        metafunc.parametrize("path", paths, ids=paths)


@pytest.fixture
def page(path, guide):
    """Return the page as it is read."""
    return guide.page(path)


class Converted:
    """A site of which each page is made when a test asks for it."""

    def __init__(self, folder):
        os.environ["NO_MKDOCS_2_WARNING"] = "1"
        config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder / "site"), strict=True)
        config.plugins.on_startup(command="build", dirty=False)
        self.site, self.warnings = Site(config), []
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: self.warnings.append(record.getMessage())
        logging.getLogger("mkdocs").addHandler(handler)

    def html(self, path):
        """The built page. GuideError with what MkDocs warns of."""
        self.warnings.clear()
        file = self.site.pages[path.removeprefix("docs/")]
        self.site.make(file.src_uri)
        if self.warnings:
            raise GuideError("; ".join(self.warnings))
        with open(file.abs_dest_path, encoding="utf-8") as built:
            return built.read()

    @lru_cache(maxsize=1)  # noqa: B019  # the tests of one page follow each other
    def soup(self, path):
        """The built page, read."""
        return BeautifulSoup(self.html(path), "html.parser")


@pytest.fixture(scope="session")
def converted(tmp_path_factory):
    """Return what gives the HTML of a page as MkDocs builds it."""
    return Converted(tmp_path_factory.mktemp("converted"))
