"""The ledger of sentences: what a reader sees first and speaks of a set names what proves it.

`python -m sitekit.run.ledger docs/shapes/squeeze.md` (`make prose PAGE=shapes/squeeze`) lists the
sentences of a page beside what proves them, for whoever tries to refute the page or to read it.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from ..read.guide import Guide
from ..read.lists import Proved
from ..read.page import Page
from ..read.prose import OPENS_INVERTED, SAID_FIRST, Sentence, sentences
from .command import chosen, command


def holes(guide: Guide, path: str) -> Iterator[str]:
    """What is wrong with the ledger of a page: sentences without proof, rows without either."""
    page, rows = guide.page(path), guide.beside(path).proved
    found = list(sentences(page))
    for sentence in found:
        if asked_of(sentence) and not proofs(sentence, rows):
            yield (f"{path}: nothing is named that proves the {sentence.place}: {sentence.text!r}")
    for row in rows:
        if not any(row in proofs(sentence, rows) for sentence in found):
            yield f"{row}: no sentence of {path} says so"
        if why := unfounded(guide, page, row):
            yield f"{row}: {why}"


def asked_of(sentence: Sentence) -> bool:
    return sentence.place in SAID_FIRST and sentence.needs_proof


def proofs(sentence: Sentence, rows: tuple[Proved, ...]) -> list[Proved]:
    """The rows of the ledger that belong to a sentence."""
    return [row for row in rows if row.says in sentence.text]


def unfounded(guide: Guide, page: Page, row: Proved) -> str:
    """Why what a row names does not exist; empty where it does."""
    if row.by.startswith(">>> "):
        steps = [f">>> {step.source}" for example in page.examples for step in example.steps]
        return "" if any(row.by in step for step in steps) else f"the page has no step {row.by!r}"
    if row.by.startswith("claim: "):
        claims = [claim.says for claim in guide.beside(page.path).claims]
        return "" if row.by.removeprefix("claim: ") in claims else f"there is no {row.by!r}"
    file, _, name = row.by.rpartition("::")
    file = file or guide.with_stem(page.path).get("test", "the page's test, which is not there,")
    text = guide.text(file) if guide.exists(file) else ""
    return "" if re.search(rf"^ *def {re.escape(name)}\(", text, re.MULTILINE) else (
        f"{file} has no {name}")


def main(guide: Guide, arguments: argparse.Namespace) -> int:
    for path in chosen(guide, arguments.files, guide.paths):
        page, rows = guide.page(path), guide.beside(path).proved
        print(path)
        for sentence in sentences(page):
            marks = [mark for mark, holds in {
                "PROOF?": sentence.needs_proof and not proofs(sentence, rows),
                "two negations": sentence.negates_twice,
                "no verb": sentence.place == "before code" and not sentence.has_verb,
                "inverted": bool(OPENS_INVERTED.match(sentence.text)),
            }.items() if holds]
            by = "; ".join(row.by for row in proofs(sentence, rows))
            print(f"  {sentence.place:<11} {sentence.text}"
                  + (f"  [{', '.join(marks)}]" if marks else "") + (f"  <- {by}" if by else ""))
        for example in page.examples:
            for step in example.steps:
                if re.fullmatch(r"\(?(?:True|False)(?:, (?:True|False))*\)?\n", step.want):
                    print(f"  only booleans: {step.source.strip()} -> {step.want.strip()}")
        print(*(f"  hole: {hole}" for hole in holes(guide, path)), sep="\n")
    return 0


if __name__ == "__main__":
    command(main, __doc__)
