"""What programs read: `llms.txt`, each page as Markdown with its includes, the sitemap."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from ..build import changes
from ..build.lists import folders, grouped, groups, in_order, pages_of
from ..read.guide import Guide
from ..read.page import Page
from .notebook import plain

_OF_THE_SITE = re.compile(r"^(?:///|\{ \.[\w-]+ \})$\n?", re.MULTILINE)


def markdown(guide: Guide, page: Page) -> str:
    """A page without what this site alone understands; a folder's with the list of its pages."""
    text = with_lists(guide, page) if page.is_index and page.folder else page.text
    if page.name == changes.PAGE:
        text += "\n" + changes.markdown(guide)
    return _OF_THE_SITE.sub("", plain(text)).strip() + "\n"


def with_lists(guide: Guide, page: Page) -> str:
    """The text of a folder's page, with the list of its pages or one below each group's heading."""
    lines, folder = list(page.lines), f"docs/{page.folder}"
    begin = [heading.line for heading in page.headings if heading.anchor in groups(guide, folder)]
    for group, paths in reversed(grouped(guide, folder).items()):
        section = page.section(group)
        at = section.stop if section else [*begin, len(lines)][0]
        lines[at:at] = ["", *(_entry(guide, path, path.rpartition("/")[2]) for path in paths), ""]
    return "\n".join(lines)


def _entry(guide: Guide, path: str, address: str) -> str:
    meta = guide.meta(path)
    return f"- [{meta.get('title', address)}]({address}): {meta.get('description', '')}"


def llms_txt(guide: Guide, name: str, description: str, site: str) -> str:
    """The list of all pages for programs, folder by folder."""
    loose = in_order(guide, [path for path in guide.paths if path.count("/") == 1])
    lines = [f"# {name}", "", f"> {description}", "", "## Guide", ""]
    lines += [_entry(guide, path, site + path.removeprefix("docs/")) for path in loose]
    for folder in folders(guide):
        index = f"{folder}/index.md"
        lines += ["", f"## {guide.meta(index).get('title', folder)}", ""]
        lines += [_entry(guide, path, site + path.removeprefix("docs/"))
                  for path in [index, *pages_of(guide, folder)]]
    return "\n".join(lines) + "\n"


def sitemap(guide: Guide, site: str) -> str:
    """Each page's address, and the date of its last change."""
    dates = {change.page: change.date for change in reversed(guide.changes)}
    rows = []
    for path in guide.paths:
        page = guide.page(path)
        date = f"<lastmod>{dates[page.name]}</lastmod>" if page.name in dates else ""
        rows.append(f"<url><loc>{escape(site + page.address)}</loc>{date}</url>")
    return ('<?xml version="1.0" encoding="UTF-8"?>\n'
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
            + "\n".join(rows) + "\n</urlset>\n")


def redirects(guide: Guide, site: str) -> Iterator[tuple[str, str]]:
    """For each old address the file that leads to where the page is now."""
    for old, new in guide.redirects.items():
        page = guide.page(f"docs/{new}")
        address = re.sub(r"(?:^|(?<=/))index$", "", old.removesuffix(".md")).rstrip("/")
        if page.address == f"{address}/":
            continue  # messages.md is messages/index.md now, and its address as it was
        target = "../" * (address.count("/") + 1) + page.address
        canonical = f'<link rel="canonical" href="{escape(site + page.address)}">' if site else ""
        yield f"{address}/index.html", (
            '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
            f"<title>{escape(page.title)}</title>\n{canonical}"
            '<meta name="robots" content="noindex">\n'
            f'<meta http-equiv="refresh" content="0; url={escape(target)}">\n'
            f'<a href="{escape(target)}">{escape(page.title)}</a>\n</html>\n')


def files(guide: Guide, name: str, description: str, site: str) -> Iterator[tuple[str, str]]:
    """The address below the home page and the text of each file for programs."""
    for page in guide.pages:
        yield page.name, markdown(guide, page)
    yield "llms.txt", llms_txt(guide, name, description, site)
    yield from redirects(guide, site)
    if site:
        yield "sitemap.xml", sitemap(guide, site)
