"""MkDocs, asked page by page: what `mkdocs serve` and the check of one page use.

MkDocs itself builds all pages before it serves one, and all again after each edit. Here a page is
made when somebody asks for it, and again when something that it shows has changed.
"""

from __future__ import annotations

import logging
import threading

from mkdocs.commands import build as steps
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, get_files, set_exclusions
from mkdocs.structure.nav import get_navigation

from .build import changes
from .build.config import give, guide_of
from .read.guide import Guide

log = logging.getLogger("mkdocs.sitekit")


class Site:
    """The pages of one configuration; the guide that they are made from can be renewed."""

    def __init__(self, config: MkDocsConfig):
        self.config = config = config.plugins.on_config(config)
        config.plugins.on_pre_build(config=config)
        files, env = get_files(config), config.theme.get_env()
        files.add_files_from_theme(env, config)
        self.files = config.plugins.on_files(files, config=config)
        set_exclusions(self.files, config)
        self.nav = config.plugins.on_nav(get_navigation(self.files, config), config=config,
                                         files=self.files)
        self.pages: dict[str, File] = {f.src_uri: f for f in self.files.documentation_pages()}
        for uri, file in self.pages.items():
            file.page.title = self.guide.meta(f"docs/{uri}").get("title", uri)  # for the menu
        self.env = config.plugins.on_env(env, config=config, files=self.files)
        self.made: set[str] = set()
        self.is_whole = False
        self.renewals = 0
        self.is_closed = False
        self.lock = threading.Lock()
        self.files.copy_static_files()
        for template in config.theme.static_templates:
            steps._build_theme_template(template, self.env, self.files, config, self.nav)

    @property
    def guide(self) -> Guide:
        return guide_of(self.config)

    def file_at(self, address: str) -> File | None:
        """The page that an address below the home page shows."""
        wanted = address.removesuffix("index.html")
        return next((file for file in self.pages.values()
                     if file.url.removesuffix("index.html").removeprefix("./") in
                     (wanted, f"{wanted}/" if wanted else wanted)), None)

    def make(self, uri: str) -> None:
        """Make a page, unless it is made already. GuideError where it cannot be trusted."""
        with self.lock:
            if uri in self.made:
                return
            renewals, page = self.renewals, self.pages[uri].page
            steps._populate_page(page, self.config, self.files)
            steps._build_page(page, self.config, list(self.pages.values()), self.nav, self.env)
            if renewals == self.renewals:  # else it may have been made from what is old now
                self.made.add(uri)

    def make_all(self) -> None:
        """Make the pages that are not made yet, unless the site is closed meanwhile."""
        for uri in self.pages:
            if not self.is_closed:
                self.make(uri)

    def finish(self) -> None:
        """Make all that is not made yet, and what is written after the pages."""
        renewals = self.renewals
        self.make_all()
        for file in self.pages.values():
            file.page.validate_anchor_links(
                files=self.files, log_level=self.config.validation.links.anchors)
        self.config.plugins.on_post_build(config=self.config)
        self.is_whole = renewals == self.renewals

    def renew(self) -> bool:
        """Read the guide anew; False where more than the text of pages and snippets changed."""
        old, new = self.guide, Guide(self.guide.root)
        if (new.paths, [new.meta(path) for path in new.paths]) != (
                old.paths, [old.meta(path) for path in old.paths]):
            return False
        changed = new.take_over(old)
        give(self.config, new)
        self.renewals += 1
        of_all_pages = {changes.PAGE}
        self.made -= {path.removeprefix("docs/") for path in changed} | of_all_pages
        self.is_whole = False
        return True
