"""`mkdocs serve` with pages that are made when they are asked for; sitekit/hooks.py sets it up."""

from __future__ import annotations

import html
import logging
import os
import sys
import threading
from collections.abc import Callable

from mkdocs.commands import serve
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.livereload import LiveReloadServer

from .read.place import GuideError
from .site import Site

log = logging.getLogger("mkdocs.sitekit")


class Served:
    """What stands between MkDocs' server and its build."""

    def __init__(self) -> None:
        self.site: Site | None = None
        self.sources = ""
        self.broken = ""  # why the guide cannot be read, while it cannot

    def build(self, config: MkDocsConfig, *, serve_url: str | None = None,
              dirty: bool = False) -> None:
        """In the place of MkDocs' build: all but the pages."""
        self.site = Site(config)
        self.sources = _sources(config)

    def attach(self, server: LiveReloadServer, builder: Callable[[], None]) -> None:
        """Let a server make what it is asked for, and renew what has changed."""
        original = server._serve_request

        def respond(environ, start_response):
            with server._epoch_cond:  # a page that is being renewed is waited for
                server._epoch_cond.wait_for(
                    lambda: server._visible_epoch == server._wanted_epoch)
            path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "ignore")
            try:
                if not path.startswith("/livereload/"):
                    if self.broken:
                        raise GuideError(self.broken)
                    self.make(path.removeprefix(server.mount_path))
            except Exception as error:
                if not isinstance(error, GuideError):
                    log.exception("%s", path)
                start_response("500 Internal Server Error",
                               [("Content-Type", "text/html; charset=utf-8")])
                page = f"<!doctype html><pre>{html.escape(str(error))}</pre><body></body>"
                return [server._inject_js_into_html(page.encode(), server._visible_epoch)]
            return original(environ, start_response)

        def changed() -> None:
            assert self.site
            if _sources(self.site.config) != self.sources:
                log.info("The machinery changed: beginning anew")
                os.execv(sys.executable, [sys.executable, "-m", "mkdocs", *sys.argv[1:]])
            try:
                if self.broken or not self.site.renew():
                    builder()
            except GuideError as error:
                self.broken = str(error)
                log.error("%s", error)
                return
            self.broken = ""
            self.make_the_rest()

        server._serve_request = respond
        server.builder = changed
        self.make_the_rest()

    def make(self, address: str) -> None:
        assert self.site
        if file := self.site.file_at(address):
            self.site.make(file.src_uri)
        elif not address.startswith("assets/") and not self.site.is_whole:
            self.site.finish()

    def make_the_rest(self) -> None:
        """Make all pages behind the reader's back, so that a broken one is told of."""
        def make_all(site: Site) -> None:
            try:
                site.make_all()
            except GuideError as error:
                log.error("%s", error)
            except Exception:
                log.exception("not all pages could be made")

        timer = threading.Timer(1.0, make_all, [self.site])
        timer.daemon = True
        timer.start()

    def close(self) -> None:
        """Make no more pages."""
        if self.site:
            self.site.is_closed = True


def _sources(config: MkDocsConfig) -> str:
    """What the server itself runs: of other sources another server has to be started."""
    folder = os.path.dirname(os.path.abspath(__file__))
    stamps = [os.stat(config.config_file_path).st_mtime_ns]
    for where, _, names in sorted(os.walk(folder)):
        stamps += [os.stat(os.path.join(where, name)).st_mtime_ns
                   for name in sorted(names) if name.endswith((".py", ".html"))]
    return repr(stamps)


def set_up() -> Served:
    """Take the place of the build in `mkdocs serve`."""
    served = Served()
    serve.build = served.build
    return served
