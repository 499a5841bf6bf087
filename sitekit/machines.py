"""What programs read: `llms.txt`, and each page as Markdown with its includes.

mkdocs-llms-source writes the files. It would take the pages before their includes,
titles from the names of files, and no descriptions; so it is handed these here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from html import unescape

from mkdocs.structure.pages import Page
from mkdocs_llms_source.plugin import LlmsTxtPlugin, SectionInfo

from .notebook import plain
from .reading import Reading

_OF_THE_SITE = re.compile(r"^(?:///|\{ \.[\w-]+ \})$\n?", re.MULTILINE)

# It warns, and a strict build ends, where the site has no address; links are relative then.
logging.getLogger("mkdocs.plugins.llms_source").setLevel(logging.ERROR)


def markdown(text: str, page: Page) -> str:
    """A page without what this site alone understands; a folder's with the list of its pages."""
    text = _OF_THE_SITE.sub("", plain(text)).strip()
    if page.is_index and page.parent:
        text += "\n\n" + "\n".join(
            f"- [{p.title}]({p.file.name}.md): {p.meta.get('description', '')}"
            for p in page.parent.children if p is not page)
    return text + "\n"


def hand_over(plugin: LlmsTxtPlugin, pages: Iterable[Page], readings: Mapping[str, Reading],
              generated: Iterable[str]) -> None:
    """Put right what the plugin holds before it writes."""
    found = {page.file.src_uri: page for page in pages}
    for name, page in found.items():
        whole = (unescape(plugin._pages[name]) if name in generated
                 else readings[f"docs/{name}"].text)
        plugin._pages[name] = markdown(whole, page)
    guide, folders = SectionInfo("Guide"), []
    for section in plugin._sections:
        for entry in section.pages:
            page = found[entry.src_path]
            entry.title, entry.description = page.title, page.meta.get("description", "")
        if page.parent:
            section.pages.sort(key=lambda entry: not found[entry.src_path].is_index)
            folders.append(section)
        else:  # each would be a section of its own
            guide.pages += section.pages
    plugin._sections = [guide, *folders]
