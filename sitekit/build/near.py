"""Which pages a reader may have meant instead of the one that was found.

Computed from what pages say: pages are near that share a symptom, link to each other, or have a
title and a description in the same rare words. A page can name them, too: `near` in its front
matter, with paths below docs/.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from functools import lru_cache
from itertools import permutations
from posixpath import join, normpath

from ..read.guide import Guide
from ..read.place import GuideError

LEAST, MOST = 2, 3
ENOUGH = 0.12  # how near the third page must be
OFTEN = 8  # a word in more than an eighth of the pages tells nothing
SYMPTOMS = "docs/symptoms.md"
SYMPTOM, LINK = 0.3, 0.12  # what a shared symptom counts, and a link

_LINKED = re.compile(r"\]\(([\w./-]+\.md)")
_WORD = re.compile(r"[a-z]+")


@lru_cache(maxsize=1)
def near(guide: Guide) -> dict[str, list[str]]:
    """For each page of a folder, its index apart, the pages near it, the nearest first."""
    pages = [path for path in guide.paths
             if path.count("/") == 2 and not path.endswith("/index.md")]
    shares = _alike(guide, pages)
    for one, other in _with_a_symptom(guide):
        shares[one][other] += SYMPTOM
    for path in pages:
        for other in set(_links(guide.text(path), path)) & set(pages) - {path}:
            shares[path][other] += LINK
            shares[other][path] += LINK
    found = {}
    for path in pages:
        named = [f"docs/{name}.md" for name in guide.meta(path).get("near", ())]
        for other in named:
            if other not in pages:
                raise GuideError(f"{path}: near names {other}, no page")
        nearest = sorted(shares[path].items(), key=lambda item: (-item[1], item[0]))
        found[path] = named or [other for place, (other, share) in enumerate(nearest[:MOST])
                                if place < LEAST or share >= ENOUGH]
    return found


def _alike(guide: Guide, pages: list[str]) -> dict[str, Counter[str]]:
    """The cosine of each two pages' titles and descriptions, weighed by how rare a word is."""
    held = {path: Counter(_words(2 * f"{guide.meta(path).get('title', '')} "
                                 + guide.meta(path).get("description", ""))) for path in pages}
    among = Counter(word for words in held.values() for word in words)
    vectors: dict[str, dict[str, float]] = {}
    holders = defaultdict(list)
    for path, words in held.items():
        weights = {word: math.sqrt(times) * math.log(len(pages) / among[word])
                   for word, times in words.items()}
        length = math.hypot(*weights.values()) or 1
        vectors[path] = {word: weight / length for word, weight in weights.items()}
        for word in words:
            holders[word].append(path)
    found: dict[str, Counter[str]] = {path: Counter() for path in pages}
    for word, paths in holders.items():
        for one, other in permutations(paths, 2) if len(paths) <= len(pages) / OFTEN else ():
            found[one][other] += vectors[one][word] * vectors[other][word]
    return found


def _words(text: str) -> list[str]:
    """The words of a text in lower case, without the ending of a plural."""
    return [re.sub(r"(?<=...)s$", "", word) for word in _WORD.findall(text.lower())]


def _with_a_symptom(guide: Guide) -> set[tuple[str, str]]:
    """Each two pages that are causes of one symptom: links in one item of the list."""
    causes = defaultdict(set)
    for path, seen in symptoms(guide).items():
        for symptom in seen:
            causes[symptom].add(path)
    return {pair for paths in causes.values() for pair in permutations(paths, 2)}


def symptoms(guide: Guide) -> dict[str, list[str]]:
    """What is seen of each page's problem, as the items of the list of symptoms begin."""
    if SYMPTOMS not in guide.paths:
        return {}
    found = defaultdict(list)
    for item in re.split(r"^- ", guide.text(SYMPTOMS), flags=re.MULTILINE)[1:]:
        for path in {*_links(item, SYMPTOMS)}:
            if not path.startswith("docs/guards/"):
                found[path].append(item.partition("**:")[0].removeprefix("**"))
    return found


def _links(text: str, path: str) -> list[str]:
    return [normpath(join(path, "..", target)) for target in _LINKED.findall(text)]
