"""What stands below a page's own text: a folder's pages, where the page ran, its notebook."""

from __future__ import annotations

import re
from html import escape
from xml.etree.ElementTree import Element, SubElement

from markdown.postprocessors import Postprocessor
from markdown.treeprocessors import Treeprocessor

from ..read.guide import Guide
from ..run.apart import kept_runs, listed, otherwise
from ..run.record import provenance
from .current import HOME, Current

LISTED = 7  # of a folder the home page lists so many pages, and leads to the list of all


def first_sentence(text: str) -> str:
    return re.split(r"(?<=[.?]) (?=[A-Z])", text, maxsplit=1)[0]


def in_order(guide: Guide, paths: list[str]) -> list[str]:
    """Pages by the `order` in their front matter, then by name; an index comes first."""
    return sorted(paths, key=lambda path: (
        not path.endswith("/index.md"), guide.meta(path).get("order", 0), path))


def pages_of(guide: Guide, folder: str) -> list[str]:
    """The pages of a folder in the order of the menu, its index apart."""
    inside = [path for path in guide.paths if path.rpartition("/")[0] == folder]
    return [path for path in in_order(guide, inside) if not path.endswith("/index.md")]


def folders(guide: Guide) -> list[str]:
    """The folders with an index, in the order of the menu."""
    indexes = [path for path in guide.paths if path.count("/") == 2 and path.endswith("/index.md")]
    return [path.rpartition("/")[0] for path in sorted(
        indexes, key=lambda path: (guide.meta(path).get("order", 0), path))]


def notebook(path: str) -> str:
    """The address of a page's notebook: of `docs/a/b.md`, `a/b/b.ipynb`, where an exercise's is."""
    inside = path.removeprefix("docs/").removesuffix(".md")
    return f"{inside}/{inside.rpartition('/')[2]}.ipynb"


class Contents(Treeprocessor):
    """On a folder's index the list of its pages, on the home page all topics."""

    def __init__(self, md, current: Current):
        super().__init__(md)
        self.current = current

    def run(self, root):
        guide, page = self.current.guide, self.current.page
        if not page.is_index:
            return
        if page.folder:
            root.append(self.entries(pages_of(guide, f"docs/{page.folder}"), ""))
            return
        topics = SubElement(root, "div", {"class": "topics"})
        for folder in folders(guide):
            name = folder.rpartition("/")[2]
            topic = SubElement(topics, "section")
            heading = SubElement(topic, "h2", {"id": name})
            SubElement(heading, "a", {"href": f"{name}/index.md"}).text = (
                guide.meta(f"{folder}/index.md").get("title", name))
            pages = pages_of(guide, folder)
            topic.append(self.entries(pages[:LISTED], f"{name}/"))
            if len(pages) > LISTED:
                all_of_it = SubElement(SubElement(topic, "p"), "a", {"href": f"{name}/index.md"})
                all_of_it.text = f"All {len(pages)} pages"

    def entries(self, pages: list[str], below: str) -> Element:
        found = Element("ul", {"class": "contents", "data-search-exclude": ""})
        for path in pages:
            meta, entry = self.current.guide.meta(path), SubElement(found, "li")
            name = path.rpartition("/")[2]
            SubElement(entry, "a", {"href": below + name}).text = meta.get("title", name)
            if meta.get("description"):
                said = meta["description"]
                SubElement(entry, "p").text = first_sentence(said) if below else said
        return found


class Foot(Treeprocessor):
    """Where a page ran, and its examples as a notebook; an exercise's notebook stands above."""

    def __init__(self, md, current: Current):
        super().__init__(md)
        self.current = current

    def run(self, root):
        page = self.current.page
        if not page.examples:
            return
        line = SubElement(root, "p", {"class": "provenance", "data-search-exclude": ""})
        line.text = provenance(self.current.guide, page)
        root.append(self.link("take-home", "Download this page as a notebook"))
        if page.meta.get("notebook"):
            root.insert(0, self.link("download", "Download as a notebook"))

    def link(self, kind: str, text: str) -> Element:
        found = Element("p", {"class": kind, "data-search-exclude": ""})
        address = HOME + notebook(self.current.page.path)
        SubElement(found, "a", {"href": address, "download": ""}).text = text
        return found


class Otherwise(Postprocessor):
    """Below the line on where a page ran, each session that another torch or Python prints anew.

    It comes after the check of what is shown, since the page's own examples are other ones.
    """

    def __init__(self, current: Current):
        super().__init__()
        self.current = current

    def run(self, text: str) -> str:
        found = list(otherwise(kept_runs(self.current.guide, self.current.page.path)))
        if not found:
            return text
        said = "".join(f"<p>{escape(each.belongs)}:</p>\n"
                       f"<pre><code>{escape(each.session)}</code></pre>\n" for each in found)
        return (f'{text}\n<details class="otherwise" data-search-exclude>\n'
                f"<summary>It prints something else on {listed(each.belongs for each in found)}"
                f"</summary>\n{said}</details>")
