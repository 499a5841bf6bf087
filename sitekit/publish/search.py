"""The index of the search: each page as a document of MiniSearch, read by theme/assets/search.js.

MiniSearch would build it in the reader's browser; here it is built once. A term is made in the
same way by `terms` here and by `terms` there, which a test compares.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..build import changes
from ..build.lists import in_order
from ..read.entries import all_entries, has_entries
from ..read.guide import Guide
from ..read.page import Page
from ..read.prose import plain

WORDS = Path(__file__).parent / "words.toml"
FIELDS = ("title", "lead", "heads", "words", "calls")
FOLDERS_LATER = ("guards", "exercises")  # than the page that explains what they check

_WORD = re.compile(r"\w+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_CALLED = re.compile(r"\b[A-Za-z_]\w*(?=\()")
_LONG = re.compile(r"(?:ings?|ed|es|s|e|ions?)$")


def parts(word: str) -> list[str]:
    """A name in lower case, and its parts where it has several: cross_entropy, BatchNorm2d."""
    found = [part.lower() for part in _PART.findall(word)]
    return found if len(found) < 2 else [*found, "".join(found)]


def stem(word: str) -> str:
    """A word without an ending that does not matter."""
    if len(word) < 4 or word.endswith("ss"):
        return word
    return re.sub(r"s$", "", word) if len(word) < 6 else _LONG.sub("", word)


def terms(text: str) -> list[str]:
    return [stem(part) for word in _WORD.findall(text) for part in parts(word)]


@dataclass(frozen=True)
class Document:
    """What is searched of a page, and what is shown of it."""

    page: Page
    title: str
    lead: str
    boost: float
    fields: dict[str, str]


def document(page: Page) -> Document:
    lines = page.lines
    levels = [heading.line for heading in page.headings]
    lead = "\n".join(lines[levels[0] + 1:levels[1]]) if len(levels) > 1 else page.prose
    lead = plain(re.sub(r"```.*?```", "", lead, flags=re.DOTALL))
    headings = " ".join(plain(heading.title) for heading in page.headings[1:])
    title = f"{page.title} {plain(page.headings[0].title) if page.headings else ''}"
    code = " ".join(step.source + step.want for e in page.examples for step in e.steps)
    text = re.sub(r"https?://\S+", "", page.prose)
    return Document(
        page, page.title, page.meta.get("description", ""),
        0.7 if page.folder in FOLDERS_LATER else 1.0,
        {"title": title, "lead": f"{page.meta.get('description', '')} {lead}", "heads": headings,
         "words": f"{text} {code}",
         "calls": " ".join(_CALLED.findall(f"{text} {code}"))})


def documents(guide: Guide) -> list[Document]:
    """The pages that can be found, in the order of the menu: those that no list is made of."""
    made = {changes.PAGE, "index.md"}
    return [document(guide.page(path)) for path in in_order(guide, guide.paths)
            if path.removeprefix("docs/") not in made and not path.endswith("/index.md")
            and not has_entries(guide.page(path))]


def postings(found: list[Document]) -> dict[str, dict[int, dict[int, int]]]:
    """For each term and field the documents that have it, and how often, three times at most.

    A number says nothing, and neither does a word that every second page has in its text.
    """
    kept: dict[str, dict[int, dict[int, int]]] = {}
    for number, one in enumerate(found):
        for field, name in enumerate(FIELDS):
            for term, times in Counter(_terms_of(name, one.fields[name])).items():
                if not term.isdigit():
                    kept.setdefault(term, {}).setdefault(field, {})[number] = min(times, 3)
    text, most = FIELDS.index("words"), max(3, len(found) / 2)
    for by in kept.values():
        if len(by.get(text, ())) > most:
            del by[text]
    return {term: by for term, by in sorted(kept.items()) if by}


def _terms_of(field: str, text: str) -> Iterable[str]:
    """The terms of a field; of what is called, whole names and nothing else."""
    if field == "calls":
        return (name.replace("_", "").lower() for name in text.split())
    return terms(text)


def packed(by_term: dict[str, dict[int, dict[int, int]]]) -> str:
    """A line a term: `norm|0a 3+|31c*`: in field 0 the pages 10 and 13, that one twice; in field 3
    page 28, three times. Numbers are hexadecimal, and steps from the one before."""
    lines = []
    for term, by in by_term.items():
        fields = [term]
        for field, numbers in sorted(by.items()):
            before, steps = 0, []
            for number in sorted(numbers):
                steps.append(f"{number - before:x}{' +*'[numbers[number] - 1].strip()}")
                before = number
            fields.append(f"{field}{' '.join(steps)}")
        lines.append("|".join(fields))
    return "\n".join(lines)


def content(guide: Guide, directory_urls: bool = True) -> dict:
    """What the search is given: what is shown of each page, its terms, words, and messages."""
    def address(page: Page) -> str:
        return page.address if directory_urls else page.name.removesuffix(".md") + ".html"

    found = documents(guide)
    by_term = postings(found)
    lengths = [[0] * len(FIELDS) for _ in found]
    for by in by_term.values():
        for field, numbers in by.items():
            for number in numbers:
                lengths[number][field] += 1
    words = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    entries = [[f"{address(guide.page(f'docs/{e.page}'))}#{e.anchor}", e.kind, e.text,
                plain(e.cause), e.also] for e in all_entries(guide)]
    return {
        "pages": [[address(one.page), one.title, one.lead, one.boost] for one in found],
        "lengths": lengths, "terms": packed(by_term), "empty": words["empty"].split(),
        "means": {word: meant.split() for word, meant in words["means"].items()},
        "messages": entries}


def files(guide: Guide, directory_urls: bool = True) -> Iterator[tuple[str, str]]:
    """The index for programs, and as a script, which a site on the disk can load, too."""
    text = json.dumps(content(guide, directory_urls), separators=(",", ":"), ensure_ascii=False)
    yield "search.json", text
    yield "search/index.js", f"globalThis.guideIndex={text}\n"
