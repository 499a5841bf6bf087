"""What only MkDocs can be told: which page it converts, the order of pages, what it may build."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from itertools import pairwise
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import event_priority
from mkdocs.structure import StructureItem
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation, Section
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import TableOfContents

from sitekit import serve
from sitekit.build import lists
from sitekit.build.config import give, guide_of, tell_page
from sitekit.publish import after
from sitekit.publish.notebook import text_of
from sitekit.read.guide import Guide
from sitekit.read.place import GuideError
from sitekit.run.runs import MADE

SERVED: list = []  # of `mkdocs serve`, from its start on
INDENTED = re.compile(r"(<pre.*?</pre>)|\n\s+(?=<)", re.DOTALL)


def on_startup(command: str, dirty: bool) -> None:
    """Serve pages that are made when they are asked for."""
    if command == "serve":
        SERVED.append(serve.set_up())


def on_serve(server: LiveReloadServer, config: MkDocsConfig, builder: Callable) -> None:
    SERVED[-1].attach(server, builder)


def on_shutdown() -> None:
    for served in SERVED:
        served.close()


def on_config(config: MkDocsConfig) -> None:
    """Look for snippets beside mkdocs.yml, wherever the command was given."""
    options = config.mdx_configs["pymdownx.snippets"]
    root = Path(config.config_file_path).parent
    options["base_path"] = [str(root / folder) for folder in options["base_path"]]


@event_priority(-100)  # mkdocs-jupyter would wrap the file and lose where it is
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Read the guide; put a notebook in the place of each page that asks for it."""
    guide = Guide(Path(config.config_file_path).parent)
    give(config, guide)
    for file in files.documentation_pages():
        path = f"docs/{file.src_uri}"
        if path not in guide.paths:
            raise GuideError(f"{path}: reached by a link; put the page itself into docs/")
        if guide.meta(path).get("notebook"):
            files.remove(file)
            files.append(_notebook_file(file, guide, config))
    config.theme.static_templates.discard("sitemap.xml")  # sitekit/publish writes it
    return files


def _notebook_file(file: File, guide: Guide, config: MkDocsConfig) -> File:
    """The notebook of a page, which sitekit/publish executes."""
    path = (guide.root / MADE / "notebooks" / file.src_uri).with_suffix(".ipynb")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(guide.page(f"docs/{file.src_uri}"), config.site_url or ""))
    return File.generated(config, file.src_uri, abs_src_path=str(path))


def on_page_read_source(page: Page, config: MkDocsConfig) -> str:
    """Render a notebook page as the page it was made from: 20 kB and not 600.

    mkdocs-jupyter finds the notebook and publishes it; its HTML would inline a
    stylesheet of half a megabyte and leave the formulas to a remote script.
    """
    vars(page).pop("render", None)
    return guide_of(config).text(f"docs/{page.file.src_uri}")


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> None:
    """Tell the Markdown extension which page it converts."""
    tell_page(config, f"docs/{page.file.src_uri}")


def on_page_context(context: dict, page: Page, config: MkDocsConfig, nav: Navigation) -> dict:
    """Tell the template where the notebook of a page is, and the description as HTML."""
    path, guide = f"docs/{page.file.src_uri}", guide_of(config)
    page.meta["description"] = escape(guide.meta(path).get("description", ""))
    if guide.page(path).examples:
        context["notebook"] = lists.notebook(path)
    if "toc" in page.meta.get("hide", []):
        page.toc = TableOfContents([])  # Material only hides it, and it weighs what the titles do
    return context


@event_priority(50)  # the plugins find the order
def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Leave out the indentation of Material's templates, a tenth of what a page weighs."""
    return INDENTED.sub(lambda found: found[1] or "\n", output)


def on_post_build(config: MkDocsConfig) -> None:
    """Write what needs no builder."""
    after.write(guide_of(config), Path(config.site_dir), config.site_url or "",
                config.use_directory_urls)


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    """Order pages and folders as the guide has them, the pages of a group below its name."""
    guide = guide_of(config)
    places = {path: place for place, path in enumerate(lists.in_order(guide, guide.paths))}

    def order(item: StructureItem) -> tuple[bool, int]:
        page = next((c for c in item.children or [] if c.is_page and c.is_index), item)
        path = f"docs/{page.file.src_uri}" if page.is_page else ""
        own = places[path] if item.parent else guide.meta(path).get("order", 0) if path else 0
        return not (item.is_page and item.is_index), own

    def sort(items: list[StructureItem]) -> list[Page]:
        items.sort(key=order)
        return [page for item in items
                for page in ([item] if item.is_page else sort(item.children or []))]

    nav.pages[:] = sort(nav.items)
    for section in [item for item in nav.items if item.is_section]:
        first = next(child for child in section.children if child.is_page)
        folder = f"docs/{first.file.src_uri}".rpartition("/")[0]
        if (index := lists.index_of(folder)) in guide.paths:
            section.title = guide.meta(index).get("title", section.title)
            section.children = _grouped(section, lists.groups(guide, folder), guide)
    for before, after_it in pairwise([None, *nav.pages, None]):
        if before:
            before.next_page = after_it
        if after_it:
            after_it.previous_page = before
    return nav


def _grouped(section: Section, titles: dict[str, str], guide: Guide) -> list[StructureItem]:
    """The pages of a folder's section, those of a group in a section of their own."""
    found: list[StructureItem] = []
    for page in section.children:
        group = guide.meta(f"docs/{page.file.src_uri}").get("group") if page.is_page else None
        if group is None:
            found.append(page)
            continue
        if not isinstance(found[-1], Section) or found[-1].title != titles[group]:
            found.append(Section(titles[group], []))
            found[-1].parent = section
        found[-1].children.append(page)
        page.parent = found[-1]
    return found
