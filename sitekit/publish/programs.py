"""What programs read: `llms.txt`, each page as Markdown with its includes, sitemap and feed.

The page docs/for-programs.md tells what they find in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby, islice

from ..build import changes
from ..build.lists import folders, grouped, groups, in_order, index_of, pages_of
from ..read.guide import Guide
from ..read.page import Page
from .notebook import plain

FEED = 30  # days

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


def sections(guide: Guide) -> Iterator[tuple[str, list[str]]]:
    """All pages, folder by folder, each folder with its title; pages of no folder come first."""
    yield "Guide", in_order(guide, [path for path in guide.paths if path.count("/") == 1])
    for folder in folders(guide):
        index = index_of(folder)
        yield guide.meta(index).get("title", folder), [index, *pages_of(guide, folder)]


def llms_txt(guide: Guide, name: str, description: str, site: str) -> str:
    """The list of all pages for programs, folder by folder."""
    lines = [f"# {name}", "", f"> {description}"]
    for title, paths in sections(guide):
        lines += ["", f"## {title}", ""]
        lines += [_entry(guide, path, site + path.removeprefix("docs/")) for path in paths]
    return "\n".join(lines) + "\n"


def llms_full_txt(guide: Guide, name: str, description: str, site: str) -> str:
    """The Markdown of all pages in the order of `llms.txt`, each below its address."""
    parts = [f"# {name}\n\n> {description}\n"]
    parts += [f"<!-- {site}{path.removeprefix('docs/')} -->\n\n{markdown(guide, guide.page(path))}"
              for _, paths in sections(guide) for path in paths]
    return "\n".join(parts)


def feed(guide: Guide, name: str, site: str) -> str:
    """The last days of changes.txt as an Atom feed, an entry a day."""
    entries = []
    for day, found in islice(groupby(guide.changes, key=lambda change: change.date), FEED):
        rows = []
        for change in found:
            page = guide.page(f"docs/{guide.redirects.get(change.page, change.page)}")
            rows.append(f'<li><a href="{escape(site + page.address)}">{escape(page.title)}</a>: '
                        f"{escape(change.what)}</li>")
        address = escape(f"{site}{guide.page(f'docs/{changes.PAGE}').address}#d-{day}")
        entries.append(
            f"<entry><id>{address}</id><title>{day}</title><updated>{day}T00:00:00Z</updated>"
            f'<link href="{address}"/><content type="html">'
            f"{escape('<ul>' + ''.join(rows) + '</ul>')}</content></entry>")
    last = guide.changes[0].date if guide.changes else "1970-01-01"
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
            f"<id>{escape(site)}</id><title>{escape(name)}</title>"
            f"<author><name>{escape(name)}</name></author><updated>{last}T00:00:00Z</updated>"
            f'<link href="{escape(site)}"/><link rel="self" href="{escape(site)}changes.xml"/>\n'
            + "\n".join(entries) + "\n</feed>\n")


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
    yield "llms-full.txt", llms_full_txt(guide, name, description, site)
    yield from redirects(guide, site)
    if site:
        if guide.exists(f"docs/{changes.PAGE}"):
            yield "changes.xml", feed(guide, name, site)
        yield "sitemap.xml", sitemap(guide, site)
