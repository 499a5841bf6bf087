"""What MkDocs itself has to be told: where a page is, and which are notebooks."""

import hashlib
import re
from collections.abc import Iterator
from itertools import pairwise

import nbformat
from jinja2 import Environment
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure import StructureItem
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import TableOfContents

from sitekit import changes, downloads, machines, messages, search
from sitekit.notebook import execute, to_notebook
from sitekit.reading import ROOT, PageError, Reading, front_matter, read_pages
from sitekit.record import provenance

NOTEBOOKS = ROOT / ".cache" / "notebooks"
READINGS: dict[str, Reading] = {}  # of this build
INDENTED = re.compile(r"(<pre.*?</pre>)|\n\s+(?=<)", re.DOTALL)
GENERATED = {
    **{page: lambda config, page=page: messages.markdown(READINGS.values(), page)
       for page in messages.PAGES},
    "changes.md": lambda config: changes.markdown(config.plugins["redirects"].redirects)}


@event_priority(-100)  # mkdocs-jupyter would wrap the file and lose where it is
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put a notebook in the place of each page that asks for it."""
    READINGS.clear()
    READINGS.update((reading.path, reading) for reading in read_pages())
    for file in list(files):
        if file.src_uri.endswith(".ipynb"):
            raise PageError(f"docs/{file.src_uri}: a stored notebook can hold old outputs and "
                            "tracebacks; write a page with `notebook: true` instead")
        if file.src_uri.endswith(".md") and front_matter(file.content_string).get("notebook"):
            files.remove(file)
            files.append(_notebook_file(file, config))
    for address, text in downloads.files(READINGS.values(), config.site_url or ""):
        files.append(File.generated(config, address, content=text))
    if not config.site_url:  # the sitemap would be empty
        config.theme.static_templates.discard("sitemap.xml")
    return files


def _notebook_file(file: File, config: MkDocsConfig) -> File:
    """The notebook of a page; it is executed once for each text that it has."""
    assert file.abs_src_path
    notebook = to_notebook(READINGS[f"docs/{file.src_uri}"], config.site_url or "")
    text = nbformat.writes(notebook)
    digest = hashlib.sha256(text.encode()).hexdigest()
    path = (NOTEBOOKS / file.src_uri).with_suffix(".ipynb")
    executed = path.with_suffix(".sha256")
    if not executed.exists() or executed.read_text() != digest:
        execute(notebook)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        executed.write_text(digest)
    made = File.generated(config, file.src_uri, abs_src_path=str(path))
    made.page_text = file.content_string  # type: ignore[attr-defined]
    return made


def _source(file: File) -> str:
    """The text of a page, of a notebook's page too."""
    return getattr(file, "page_text", None) or file.content_string


def on_page_read_source(page: Page, config: MkDocsConfig) -> str | None:
    """Render a notebook page as the page it was made from: 20 kB and not 600.

    mkdocs-jupyter finds the notebook and publishes it; its HTML would inline a
    stylesheet of half a megabyte and leave the formulas to a remote script.
    """
    vars(page).pop("render", None)
    return getattr(page.file, "page_text", None)


@event_priority(50)  # the plugins find what is generated
def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Tell the Markdown extensions which page they are converting."""
    source = _source(page.file)
    path = f"docs/{page.file.src_uri}"
    above = source.count("\n") - markdown.count("\n")
    config.mdx_configs["sitekit.figures"] = {"page": path}
    config.mdx_configs["sitekit.maths"] = {"page": path}
    config.mdx_configs["sitekit.reference"] = {"page": path}
    config.mdx_configs["sitekit.examples"] = {
        "page": {"path": path, "above": above, "known": READINGS.get(path)}}
    if generate := GENERATED.get(page.file.src_uri):
        return f"{markdown}\n{generate(config)}"
    return markdown


def on_env(env: Environment, config: MkDocsConfig, files: Files) -> None:
    """Tell the sitemap and mkdocs-llms-source what they write, now that all pages are read."""
    pages, dates = [file.page for file in files.documentation_pages() if file.page], changes.last()
    for page in pages:
        page.update_date = dates.get(page.file.src_uri, page.update_date)
    machines.hand_over(config.plugins["llms-source"], pages, READINGS, GENERATED)


def on_page_context(context: dict, page: Page, config: MkDocsConfig, nav: Navigation) -> dict:
    """Tell the template what ran of a page, and where, and the search what the page is about."""
    search.index(config.plugins["material/search"].search_index.entries, page,
                 whole=page.file.src_uri not in GENERATED)
    if reading := READINGS.get(f"docs/{page.file.src_uri}"):
        context["provenance"] = provenance(reading)
        if reading.examples:
            context["notebook"] = downloads.notebook(reading.path)
    if "toc" in page.meta.get("hide", []):
        page.toc = TableOfContents([])  # Material only hides it, and it weighs what the titles do
    return context


@event_priority(50)  # the plugins find the order
def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Leave out the indentation of Material's templates, a tenth of what a page weighs."""
    return INDENTED.sub(lambda found: found[1] or "\n", output)


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    """Order pages and folders by `order` in the front matter, then by name, behind the index."""

    def order(item: StructureItem) -> tuple[bool, int]:
        page = next((c for c in item.children or [] if c.is_page and c.is_index), item)
        own = front_matter(_source(page.file)).get("order", 0) if page.is_page else 0
        return not (item.is_page and item.is_index), own

    def sort(items: list[StructureItem]) -> None:
        items.sort(key=order)
        for item in items:
            sort(item.children or [])

    def read_in_order(items: list[StructureItem]) -> Iterator[Page]:
        for item in items:
            if item.is_page:
                yield item
            yield from read_in_order(item.children or [])

    sort(nav.items)
    nav.pages[:] = read_in_order(nav.items)
    for before, after in pairwise([None, *nav.pages, None]):
        if before:
            before.next_page = after
        if after:
            after.previous_page = before
    return nav
