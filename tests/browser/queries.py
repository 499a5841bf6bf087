"""What queries.toml asks, the pages that answer it, and where a search finds them."""

import tomllib

from sitekit.read.entries import Entry, all_entries
from tests.guide import GUIDE, ROOT
from tests.questions import QUESTIONS

from .conftest import address
from .searching import Search

QUERIES = tomllib.loads((ROOT / "tests/browser/queries.toml").read_text())
ANSWERS = {row["id"]: row["page"].partition("#")[0] for row in QUESTIONS}
ASKED = {question: ANSWERS[key] for key, question in QUERIES["asked"].items() if key in ANSWERS}


def section(entry: Entry) -> str:
    page = GUIDE.page(f"docs/{entry.page}")
    lines = page.section(entry.anchor)
    return "\n".join(page.lines[lines.start:lines.stop])


LEADS_TO = {f"{address(entry.page)}#{entry.anchor}": section(entry) for entry in all_entries(GUIDE)}


def place(found: list[list[str]], pages: str | list[str]) -> int:
    """At which place the first of the right pages was found, or an entry that leads to one."""
    listed = [pages] if isinstance(pages, str) else pages
    return next((place for place, (link, *_) in enumerate(found, 1)
                 if link.partition("#")[0] in [address(page) for page in listed]
                 or any(page in LEADS_TO.get(link, "") for page in listed)), 99)


def shares(places: dict[str, int]) -> tuple[float, float]:
    """The shares of queries with the right page among the first three, and first; printed."""
    three, first = (sum(place <= last for place in places.values()) / len(places)
                    for last in (3, 1))
    print(f"{len(places)} queries: {three:.1%} among the first three, {first:.1%} first")
    for query, found in places.items():
        if found > 1:
            print(f"  {found:2}  {query}")
    return three, first


def shares_typed(search: Search, queries: dict[str, str | list[str]]) -> tuple[float, float]:
    return shares({query: place(search.type(query), pages)
                   for query, pages in queries.items()})
