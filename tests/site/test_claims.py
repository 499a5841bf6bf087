"""Each claim of tests/claims.toml fails its page once the smallest edit makes it false."""

import re
import shutil
import tomllib

import pytest

from sitekit import harness, reading
from sitekit.reading import ROOT

CLAIMS = tomllib.loads((ROOT / "tests/claims.toml").read_text())["claim"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """Return a copy of the guide for edits, which the readings are made from meanwhile."""
    root = tmp_path_factory.mktemp("claims")
    shutil.copytree(ROOT / "docs", root / "docs")
    shutil.copytree(ROOT / "snippets", root / "snippets")
    shutil.copy(ROOT / "mkdocs.yml", root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "ROOT", root)
        reading.snippet_options.cache_clear()
        yield root
    reading.snippet_options.cache_clear()


def problems(page):
    outcomes = harness.outcomes(page, harness.Settings("cpu"))
    return [outcome.problem for outcome in outcomes if outcome.problem]


@pytest.mark.parametrize("page", sorted({claim["page"].split("#")[0] for claim in CLAIMS}))
def test_a_page_passes_unchanged(copy, page):
    assert problems(copy / "docs" / page) == []


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: f"{c['id']}: {c['says']}")
def test_a_claim_made_false_fails_its_page(copy, claim):
    page, anchor = claim["page"].split("#")
    file, page = copy / claim["file"], copy / "docs" / page
    text = file.read_text()
    assert text.count(claim["old"]) == 1, f"{claim['file']}: {claim['old']!r} must stand once"
    assert re.search(rf"^#+ .*{{ *#{re.escape(anchor)} *}}$", page.read_text(), re.MULTILINE)
    file.write_text(text.replace(claim["old"], claim["new"]))
    try:
        failures = problems(page)
    finally:
        file.write_text(text)
    assert failures
    assert not re.search("NameError|SyntaxError", failures[0])
