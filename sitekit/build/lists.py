"""What stands below a page's own text: lists of pages, where the page ran, its notebook."""

from __future__ import annotations

import re
from html import escape
from xml.etree.ElementTree import Element, SubElement

from markdown.postprocessors import Postprocessor
from markdown.treeprocessors import Treeprocessor

from ..read import markdown
from ..read.guide import Guide
from ..read.place import GuideError
from ..run.apart import listed, otherwise
from ..run.record import provenance
from .current import HOME, Current
from .near import near

ASKED = 3  # pages of a folder on the home page, where its index names no others
JUMP = 5  # so many groups are listed above the lists
_ALIKE = re.compile(r", each (?:message )?with its cause\b.*", re.DOTALL)  # on each of many pages


def first_sentence(text: str) -> str:
    return re.split(r"(?<=[.?]) (?=[A-Z])", text, maxsplit=1)[0]


def index_of(folder: str) -> str:
    return f"{folder}/index.md"


def groups(guide: Guide, folder: str) -> dict[str, str]:
    """The groups of a folder's pages, by anchor: headings of its index, in their order.

    A page says in its front matter, `group: masks`, below which heading it is listed.
    """
    named = {group: path for path in _inside(guide, folder)
             if (group := guide.meta(path).get("group"))}
    if not named:
        return {}
    lines = guide.text(index_of(folder)).split("\n")
    found = {h.anchor: h.title for h in markdown.headings(lines) if h.anchor in named}
    for group in named.keys() - found.keys():
        raise GuideError(
            f"{named[group]}: {index_of(folder)} has no heading for the group {group!r}")
    return found


def in_order(guide: Guide, paths: list[str]) -> list[str]:
    """Pages by their group, by the `order` in their front matter, then by name; an index first."""
    folders = {path.rpartition("/")[0] for path in paths}
    places = {(folder, group): place for folder in folders
              for place, group in enumerate(groups(guide, folder), 1)}
    return sorted(paths, key=lambda path: (
        not path.endswith("/index.md"),
        places.get((path.rpartition("/")[0], guide.meta(path).get("group")), 0),
        guide.meta(path).get("order", 0), path))


def pages_of(guide: Guide, folder: str) -> list[str]:
    """The pages of a folder in the order of the menu, its index apart."""
    return in_order(guide, _inside(guide, folder))


def grouped(guide: Guide, folder: str) -> dict[str, list[str]]:
    """The pages of a folder by the anchor of their group; those without one first, below ""."""
    found: dict[str, list[str]] = {}
    for path in pages_of(guide, folder):
        found.setdefault(guide.meta(path).get("group", ""), []).append(path)
    return found


def _inside(guide: Guide, folder: str) -> list[str]:
    return [path for path in guide.paths
            if path.rpartition("/")[0] == folder and path != index_of(folder)]


def asked(guide: Guide, folder: str) -> list[str]:
    """The pages of a folder that are asked for most, as its index names them."""
    names = guide.meta(index_of(folder)).get("asked")
    found = [f"{folder}/{name}.md" for name in names] if names else pages_of(guide, folder)[:ASKED]
    for path in found:
        if path not in guide.paths:
            raise GuideError(f"{index_of(folder)}: asked names {path}, no page")
    return found


def said_of(guide: Guide, path: str) -> str:
    """The answer of a page in a list: its description, without what half of them end with."""
    return _ALIKE.sub(".", guide.meta(path).get("description", ""))


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
    """On a folder's index the lists of its pages, on the home page the search and all topics."""

    def __init__(self, md, current: Current):
        super().__init__(md)
        self.current = current

    def run(self, root):
        page = self.current.page
        if page.is_index and page.folder:
            self.add_lists(root, f"docs/{page.folder}")
        elif page.is_index:
            self.add_search(root)
            self.add_topics(root)

    def add_lists(self, root: Element, folder: str) -> None:
        """Each group's list at the end of its section; what has no group, above the groups."""
        titles, elements = groups(self.current.guide, folder), list(root)
        for group, pages in reversed(grouped(self.current.guide, folder).items()):
            start = next((place for place, element in enumerate(elements)
                          if element.tag == "h2" and element.get("id") == group), -1)
            end = next((place for place, element in enumerate(elements)
                        if place > start and element.tag == "h2"
                        and (group or element.get("id") in titles)), len(elements))
            root.insert(end, self.entries(pages))
        if len(titles) >= JUMP:
            jump = Element("p", {"class": "jump", "data-search-exclude": ""})
            for group, title in titles.items():
                SubElement(jump, "a", {"href": f"#{group}"}).text = title
            first = next(e for e in root if e.tag == "h2" and e.get("id") in titles)
            root.insert(list(root).index(first), jump)

    def entries(self, pages: list[str]) -> Element:
        found = Element("ul", {"class": "contents", "data-search-exclude": ""})
        for path in pages:
            entry, name = SubElement(found, "li"), path.rpartition("/")[2]
            SubElement(entry, "a", {"href": name}).text = self.title(path)
            if said := said_of(self.current.guide, path):
                SubElement(entry, "p").text = said
        return found

    def add_search(self, root: Element) -> None:
        field = Element("p", {"class": "ask"})
        SubElement(field, "button", {"type": "button", "data-search-open": ""}).text = (
            "Type a question, or paste an error")
        first = next((place for place, e in enumerate(root) if e.tag == "p"), len(root))
        root.insert(first + 1, field)

    def add_topics(self, root: Element) -> None:
        topics = SubElement(root, "div", {"class": "topics"})
        for folder in folders(self.current.guide):
            topic, name = SubElement(topics, "section"), folder.rpartition("/")[2]
            heading = SubElement(topic, "h3", {"id": name})
            SubElement(heading, "a", {"href": f"{name}/index.md"}).text = self.title(
                index_of(folder))
            pages = SubElement(topic, "ul", {"class": "contents", "data-search-exclude": ""})
            for path in asked(self.current.guide, folder):
                entry = SubElement(pages, "li")
                SubElement(entry, "a", {"href": path.removeprefix("docs/")}).text = self.title(path)

    def title(self, path: str) -> str:
        return self.current.guide.meta(path).get("title", path.rpartition("/")[2])


class Near(Treeprocessor):
    """At the end of a page, the pages whose question may be the reader's after all."""

    def __init__(self, md, current: Current):
        super().__init__(md)
        self.current = current

    def run(self, root):
        guide, page = self.current.guide, self.current.page
        pages = near(guide).get(page.path, ())
        if not pages:
            return
        line = SubElement(root, "p", {"class": "near", "data-search-exclude": ""})
        line.text = "If this is not it: "
        up = "../" * page.name.count("/")
        for place, path in enumerate(pages, 1):
            link = SubElement(line, "a", {"href": up + path.removeprefix("docs/")})
            link.text = guide.meta(path).get("title", path)
            link.tail = ", " if place < len(pages) else "."


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
        line.text = provenance(self.current.guide, page, self.current.runs)
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
        found = list(otherwise(self.current.runs))
        if not found:
            return text
        said = "".join(f"<p>{escape(each.belongs)}:</p>\n"
                       f"<pre><code>{escape(each.session)}</code></pre>\n" for each in found)
        return (f'{text}\n<details class="otherwise" data-search-exclude>\n'
                f"<summary>It prints something else on {listed(each.belongs for each in found)}"
                f"</summary>\n{said}</details>")
