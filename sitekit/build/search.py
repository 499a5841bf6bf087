"""What the search index holds: sections to jump to, and each page whole.

Material indexes section by section, so a question whose words stand in two sections of a
page finds neither. The first entry of a page gets all words of the page, in a field of
its own that is searched and never shown.
"""

import html
import re
from collections import Counter

from mkdocs.structure.pages import Page

_CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_WORD = re.compile(r"[^\W\d]\w+")
_LATER = ("guards/", "exercises/")  # than the page that explains what they check
_CALLED = re.compile(r"\b[A-Za-z]\w*(?=\()")


def index(entries: list[dict], page: Page, *, whole: bool = True) -> None:
    """Rewrite what Material has just added to the entries of the index for a page."""
    own = [entry for entry in entries if entry["location"].partition("#")[0] == page.url]
    texts = {anchor: _text(f"{entry['title']} {entry['text']}") for entry in own
             if (anchor := entry["location"].partition("#")[2]) not in ("sources", "guard")}
    for entry in own:
        entry["text"] = _CODE.sub("", entry["text"])
        if entry["location"].endswith("#sources"):
            entries.remove(entry)
        if page.url.startswith(_LATER):
            entry["boost"] = 0.7
    if own and whole:
        lead = html.escape(f"{page.title}: {page.meta.get('description')}", quote=False)
        own[0]["text"] = f"<p>{lead}</p>{own[0]['text']}"
        own[0]["words"] = _words(" ".join(texts.values()))


def _text(markup: str) -> str:
    return html.unescape(_TAG.sub(" ", markup))


def _words(text: str) -> str:
    """Each word, twice if it recurs; what is called, once more as a name: `where·`."""
    found = Counter(_WORD.findall(text))
    names = {name.replace("_", "").lower() + "·": count
             for name, count in Counter(_CALLED.findall(text)).items()}
    return " ".join(word for word, count in (found | names).items()
                    for _ in range(min(count, 2 if word in found else 9)))
