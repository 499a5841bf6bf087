"""Each claim of tests/claims.toml fails its page once the smallest edit makes it false."""

import re
import shutil
import tomllib

import pytest

from sitekit import harness, reading
from tests.guide import ROOT

CLAIMS = tomllib.loads((ROOT / "tests/claims.toml").read_text())["claim"]


def forget():
    """Let the next reading find the snippets of the root that it then has."""
    reading.snippet_options.cache_clear()
    reading._preprocessor.cache_clear()


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """Return a copy of the guide for edits, which the readings are made from meanwhile."""
    root = tmp_path_factory.mktemp("claims")
    shutil.copytree(ROOT / "docs", root / "docs")
    shutil.copytree(ROOT / "snippets", root / "snippets")
    shutil.copy(ROOT / "mkdocs.yml", root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "ROOT", root)
        forget()
        yield root
    forget()


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


@pytest.mark.parametrize("claim", [c for c in CLAIMS if "belief" in c], ids=lambda c: c["says"])
def test_a_belief_is_contradicted_by_the_step_that_it_is_about(claim):
    page = reading.read_page(ROOT / "docs" / claim["page"].split("#")[0])
    steps = [step for example in page.examples for step in example.steps
             if step.source.strip() == claim["step"]]
    assert steps
    assert all(step.expected != claim["belief"] for step in steps)


def test_each_page_s_code_is_replaced_by_a_wrong_version():
    """Of each page with a snippet, some claim edits the snippet."""
    pages = {reading.relative(path) for path in reading.pages()}
    with_code = {page for page in pages for file, _ in reading.read_page(ROOT / page).sections
                 if not re.search("/(wrong|stub)_", file)}
    edited = {"docs/" + claim["page"].split("#")[0] for claim in CLAIMS
              if claim["file"].startswith("snippets/")}
    assert with_code - edited == set()
