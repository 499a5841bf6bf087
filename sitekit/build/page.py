"""The Markdown extension that makes the guide's pages out of Markdown; all that a builder needs.

    markdown_extensions:
      - sitekit.build.page

Beside it, MkDocs needs only what sitekit/hooks.py tells it.
"""

from __future__ import annotations

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor

from ..read.place import GuideError
from . import changes, copied, figures, lists, maths, outside, reference, shown
from .current import Current


class _Begin(Preprocessor):
    """Check that the lines are the page's, and add what is made for it from other pages."""

    def __init__(self, current: Current):
        super().__init__()
        self.current = current

    def run(self, lines: list[str]) -> list[str]:
        page = self.current.page
        if "\n".join(lines).strip() != page.source.strip():
            raise GuideError(f"{page.path}: the site would convert another text than this reading")
        guide, made = self.current.guide, ""
        if page.name == changes.PAGE:
            made = changes.markdown(guide)
        return [*lines, "", *made.split("\n")] if made else lines


class PageExtension(Extension):
    """Reads the page before its includes are expanded, and checks it when all else is done."""

    def __init__(self, **kwargs: object):
        self.config = {
            "guide": ["", "the guide; without it, the one around the working directory"],
            "path": ["", "the path of the page below the guide's root"],
            "directory_urls": [True, "whether a page is a folder with an index.html"],
        }
        super().__init__(**kwargs)

    def extendMarkdown(self, md: Markdown) -> None:
        current = Current(md, self.getConfig("guide"), self.getConfig("path"),
                          self.getConfig("directory_urls"))
        before, tree, after = md.preprocessors, md.treeprocessors, md.postprocessors
        before.register(_Begin(current), "guide-begin", 40)  # snippets: 32
        tree.register(maths.Inline(md, current), "guide-inline-maths", 19)
        tree.register(figures.Figures(md, current), "guide-figures", 18)
        tree.register(reference.Links(md, current), "guide-reference", 17)
        tree.register(lists.Contents(md, current), "guide-contents", 5)  # MkDocs' links: 0
        tree.register(lists.Near(md, current), "guide-near", 4)
        tree.register(copied.File(md, current), "guide-file", -5)
        tree.register(lists.Foot(md, current), "guide-foot", -6)
        tree.register(shown.Whole(md, current), "guide-whole", -7)
        after.register(maths.Display(current), "guide-display-maths", 1)
        after.register(copied.Copy(current), "guide-copy", 0)
        after.register(shown.Check(current), "guide-shown", -1)
        after.register(lists.Otherwise(current), "guide-otherwise", -3)
        after.register(outside.Outside(md), "guide-outside", -2)


makeExtension = PageExtension  # noqa: N816
