"""The page that is being converted, for all that takes part in its conversion."""

from __future__ import annotations

from functools import cached_property

from markdown import Markdown

from ..read.guide import Guide
from ..read.page import Page
from ..run.apart import Where, kept_runs
from ..run.runs import Run


class Current:
    """The guide and the page that an instance of Markdown converts.

    MkDocs' hook tells both. A builder without hooks (Zensical) tells the path of the page by a
    preprocessor of its own; the guide is then the one around the working directory.
    """

    def __init__(self, md: Markdown, guide: Guide | str, path: str, directory_urls: bool):
        self._md, self._guide, self._path = md, guide, path
        self.directory_urls = directory_urls
        self.is_whole = False  # set when all elements of the page are made

    @cached_property
    def guide(self) -> Guide:
        return self._guide if isinstance(self._guide, Guide) else Guide.here()

    @property
    def path(self) -> str:
        if self._path:
            return self._path
        for processor in self._md.preprocessors:
            if type(processor).__name__ == "ContextPreprocessor":
                return f"docs/{processor.page.path}"
        return ""

    @property
    def page(self) -> Page:
        return self.guide.page(self.path)

    @cached_property
    def runs(self) -> dict[Where, Run]:
        """The runs of the page that are kept here, by where they were made."""
        return kept_runs(self.guide, self.path)

    @property
    def home(self) -> str:
        """What leads from the page to the home page: `../../`.

        Zensical takes each link for one that begins at the source, and puts it right by itself.
        """
        from_address = self.directory_urls and self._path
        depth = self.page.address if from_address else self.page.name
        return "../" * depth.count("/")


HOME = "guide-home:"  # in the place of `home` until builders have looked for the pages of links
