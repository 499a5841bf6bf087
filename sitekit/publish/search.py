"""The index of the search: each page as a document of MiniSearch, read by theme/assets/search.js.

MiniSearch would build it in the reader's browser; here it is built once. A term is made in the
same way by `terms` here and by `terms` there, which a test compares.

A reader fetches it in parts: the pages and their terms for the first answer, the messages after
it, and the causes of the messages of one page when a message of that page was found.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..build import changes
from ..build.lists import asked, first_sentence, folders, in_order
from ..build.near import symptoms
from ..read.entries import all_entries, has_entries
from ..read.guide import Guide
from ..read.page import Page
from ..read.prose import plain

WORDS = Path(__file__).parent / "words.toml"
FIELDS = ("title", "said", "lead", "heads", "often", "words", "calls")
CALLS = FIELDS.index("calls")
LATER = ("guards", "exercises", "symptoms.md")  # than the page that explains what they list
ASKED = 1.2  # how much sooner a page is found that is asked for most in its folder
WORDS_OF_A_PAGE = 50  # of its text, those that tell it from other pages best
TOLD = 2  # so many times a text has a word, or other texts have it, too
OFTEN = 3  # so many times in a text, a word says what the page is about
CALLED = 0.05  # of the pages: a name that more of them call is kept where the words have it, too

_WORD = re.compile(r"\w+")
_PART = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_SHORT = re.compile(r"[0-9]+|[A-Z]{2}")
_CALLED = re.compile(r"\b[A-Za-z_]\w*(?=\()")
_DEFINED = re.compile(r"^\s*(?:def|class) (\w+)", re.MULTILINE)
_COUNTED = ("title", "said", "also")  # where a number says something: batch size 1, torch 2.6
_FOUR, _FIVE = re.compile(r"s$"), re.compile(r"[es]$")
_LONG = re.compile(r"(?:ings?|ed|es|s|e|ions?)$")
_IES, _TWICE = re.compile(r"ie[sd]$"), re.compile(r"..([bdgmnprt])\1$")
_IS = re.compile(r"(?<=....)is(?=(?:at)?$)")


def parts(word: str) -> list[str]:
    """A name in lower case, and its parts where it has several: cross_entropy, BatchNorm2d.

    A part of one or two letters says nothing: PyTorch, NaN, Conv2d. It does in kl_div and StepLR.
    """
    found = _PART.findall(word)
    told = [part.lower() for part in found
            if len(part) > 2 or "_" in word or _SHORT.fullmatch(part)]
    return [*told, "".join(found).lower()] if len(found) > 1 else [part.lower() for part in found]


def stem(word: str) -> str:
    """A word without an ending that does not matter: clip of clipping, copy of copies.

    An ending with s is written with z, as in normalize.
    """
    if len(word) < 4 or word.endswith("ss"):
        return word
    if len(word) < 6:
        return (_FIVE if len(word) > 4 else _FOUR).sub("", word)
    cut = _LONG.sub("", _IES.sub("y", word))
    return _IS.sub("iz", cut[:-1] if cut != word and _TWICE.search(cut) else cut)


def terms(text: str, empty: Container[str] = ()) -> list[str]:
    return [stem(part) for word in _WORD.findall(text) for part in parts(word)
            if part not in empty]


@dataclass(frozen=True)
class Document:
    """What is searched of a page, and what is shown of it."""

    page: Page
    title: str
    lead: str
    boost: float
    fields: dict[str, str]


def document(page: Page, said: str = "", also: str = "", often: bool = False,
             own: Container[str] = ()) -> Document:
    """A page, with what readers call it who have not read it, and what they may call it.

    `own` are names that the guide gives to its functions: nobody asks for them.
    """
    lines = page.lines
    levels = [heading.line for heading in page.headings]
    lead = "\n".join(lines[levels[0] + 1:levels[1]]) if len(levels) > 1 else page.prose
    lead = plain(re.sub(r"```.*?```", "", lead, flags=re.DOTALL))
    headings = " ".join(plain(heading.title) for heading in page.headings[1:])
    title = f"{page.title} {plain(page.headings[0].title) if page.headings else ''}"
    code = " ".join(step.source for e in page.examples for step in e.steps)
    text = re.sub(r"https?://\S+", "", page.prose)
    called = [name for name in _CALLED.findall(f"{text} {code}") if name not in own]
    return Document(
        page, page.title, page.meta.get("description", ""),
        0.7 if page.name.startswith(LATER) else ASKED if often else 1.0,
        {"title": title, "said": said, "also": also,
         "lead": f"{page.meta.get('description', '')} {lead}", "heads": headings, "words": text,
         "calls": " ".join(called)})


def documents(guide: Guide) -> list[Document]:
    """The pages that can be found, in the order of the menu: those that no list is made of."""
    made, said, told = {changes.PAGE, "index.md"}, symptoms(guide), words_of()
    for name, words in told["says"].items():
        said.setdefault(f"docs/{name}.md", []).append(words)
    often = {path for folder in folders(guide) for path in asked(guide, folder)}
    own = defined(guide)
    also = {f"docs/{name}.md": plain(words) for name, words in told["also"].items()}
    return [document(guide.page(path), plain(" ".join(said.get(path, ()))), also.get(path, ""),
                     path in often, own)
            for path in in_order(guide, guide.paths)
            if path.removeprefix("docs/") not in made and not path.endswith("/index.md")
            and not has_entries(guide.page(path))]


def defined(guide: Guide) -> set[str]:
    """The names of functions and classes that the snippets and the examples define."""
    steps = (step.source for page in guide.pages for e in page.examples for step in e.steps)
    return {name for text in (*map(guide.text, guide.snippets), *steps)
            for name in _DEFINED.findall(text)}


def postings(found: list[Document]) -> dict[str, dict[int, dict[int, int]]]:
    """For each term and field the documents that have it, and how often, three times at most.

    A word that every second page has in its text, or that one text has once, says nothing. Of the
    others, those count that are frequent there and rare elsewhere. A word of a heading, of the
    text, or that readers may use counts where title, lead and the words of readers lack it.
    """
    empty = frozenset(words_of()["empty"].split())
    terms_of = [{name: Counter(_terms_of(name, text, empty)) for name, text in one.fields.items()}
                for one in found]
    among = Counter(term for of in terms_of for term in of["words"])
    most, kept = max(3, len(found) / 2), {}
    for number, of in enumerate(terms_of):
        text = of["words"]
        telling = sorted(
            (term for term in text if among[term] <= most and max(among[term], text[term]) >= TOLD),
            key=lambda term: (
                -(1 + math.log(text[term])) * math.log(len(found) / among[term]), term))
        words = {term: text[term] for term in telling[:WORDS_OF_A_PAGE]}
        first = {*of["title"], *of["said"], *of["lead"]}
        of["heads"] = _without(of["heads"], first)
        of["often"] = _without(
            {term: times for term, times in words.items() if times >= OFTEN} | of["also"], first)
        of["words"] = _without(words, {*first, *of["heads"], *of["often"]})
        for field, name in enumerate(FIELDS):
            for term, times in of[name].items():
                kept.setdefault(term, {}).setdefault(field, {})[number] = min(times, 3)
    by_term = {term: by if term in empty else _telling_calls(by, len(found))
               for term, by in sorted(kept.items())}
    return {term: dict(sorted(by.items())) for term, by in by_term.items() if by}


def _without(times: dict[str, int], terms: Container[str]) -> dict[str, int]:
    return {term: n for term, n in times.items() if term not in terms}


def _telling_calls(by: dict[int, dict[int, int]], pages: int) -> dict[int, dict[int, int]]:
    """A name that many pages call tells nothing of those whose words do not have it."""
    calls = by.pop(CALLS, {})
    if len(calls) > CALLED * pages:
        told = {number for numbers in by.values() for number in numbers}
        calls = {number: times for number, times in calls.items() if number in told}
    return by | {CALLS: calls} if calls else by


def _terms_of(field: str, text: str, empty: Container[str]) -> list[str]:
    """The terms of a field; of what is called, whole names and nothing else.

    A title alone keeps empty words: a query of nothing else may ask for it.
    """
    if field == "calls":
        return [name.replace("_", "").lower() for name in text.split()]
    found = terms(text, () if field == "title" else empty)
    return found if field in _COUNTED else [term for term in found if not term.isdigit()]


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


def compact(by_term: dict[str, dict[int, dict[int, int]]]) -> str:
    """A line a term, half as long as `packed`: `4s|&$||#`. How many letters it shares with the
    term before, the others, then each field's pages: a sign a step, `#` for 0, how often a word
    stands there left out. Signs that JSON or this list need are passed over."""
    lines, before = [], ""
    for term, by in by_term.items():
        shared = next((n for n, (one, other) in enumerate(zip(before, term, strict=False))
                       if one != other), min(len(before), len(term)))
        fields = []
        for field in range(len(FIELDS)):
            numbers = sorted(by.get(field, ()))
            fields.append("".join(_sign(number - previous) for previous, number
                                  in zip([0, *numbers], numbers, strict=False)))
        lines.append("|".join([f"{_sign(shared)}{term[shared:]}", *fields]).rstrip("|"))
        before = term
    return "\n".join(lines)


def _sign(step: int) -> str:
    return chr(35 + step if step < 57 else 200 + step)


def content(guide: Guide, found: list[Document], by_term: dict[str, dict[int, dict[int, int]]],
            directory_urls: bool = True) -> dict:
    """What a program is given: what is shown of each page, its terms, words, and messages."""
    def address(page: Page) -> str:
        return page.address if directory_urls else page.name.removesuffix(".md") + ".html"

    lengths = [[0] * len(FIELDS) for _ in found]
    for by in by_term.values():
        for field, numbers in by.items():
            for number in numbers:
                lengths[number][field] += 1
    words = words_of()
    entries = [[f"{address(guide.page(f'docs/{e.page}'))}#{e.anchor}", e.kind, e.text,
                plain(e.cause), e.also] for e in all_entries(guide)]
    return {
        "pages": [[address(one.page), one.title, one.lead, one.boost] for one in found],
        "lengths": lengths, "terms": packed(by_term), "empty": words["empty"].split(),
        "means": {word: meant.split() for word, meant in words["means"].items()},
        "messages": entries}


def files(guide: Guide, directory_urls: bool = True) -> Iterator[tuple[str, str]]:
    """The index for programs; and its parts as scripts, which a site on the disk can load, too."""
    found = documents(guide)
    by_term = postings(found)
    whole = content(guide, found, by_term, directory_urls)
    yield "search.json", _json(whole)
    yield "search/index.js", _script("guideIndex", {
        "pages": [[address, title, first_sentence(lead), *([] if boost == 1 else [boost])]
                  for address, title, lead, boost in whole["pages"]],
        "terms": compact(by_term),
        "empty": whole["empty"], "means": whole["means"]})
    messages: dict[str, list] = {}
    causes: dict[str, dict[str, str]] = {}
    for place, kind, text, cause, also in whole["messages"]:
        page, _, anchor = place.partition("#")
        messages.setdefault(page, []).append([anchor, kind, text, *also])
        causes.setdefault(page, {})[anchor] = cause
    yield "search/messages.js", _script("guideMessages", messages)
    for page, of_page in causes.items():
        yield f"search/causes/{causes_of(page)}.js", _script("guideCauses", of_page)


def words_of() -> dict:
    """What words.toml holds: empty words, what else a word means, what a page is called."""
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


def causes_of(address: str) -> str:
    return re.sub(r"/$|\.html$", "", address) or "index"


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _script(name: str, value: object) -> str:
    return f"globalThis.{name}={_json(value)}\n"
