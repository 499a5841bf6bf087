"""Each claim that stands beside a page's test: made false by its edit, its section fails."""

import re

import pytest

from sitekit.run.claims import believed


def test_a_claim_made_false_fails_its_section(claim, runs):
    verdict = runs.verdict(claim)
    assert not verdict, verdict


def test_a_belief_is_contradicted_by_the_step_that_it_is_about(claim, runs):
    verdict = believed(runs.guide, claim, runs.environment)
    assert not verdict, verdict


def test_a_page_s_code_is_replaced_by_a_wrong_version(page, guide):
    """Of each page with a snippet, some claim edits a snippet."""
    own = {file for file, _ in page.excerpts if not re.search("/(wrong|stub)_", file)}
    if not own:
        pytest.skip("the page shows no snippet for use")
    edited = {claim.file for claim in guide.beside(page.path).claims}
    assert any(file.startswith("snippets/") for file in edited), (
        f"{guide.with_stem(page.path).get('claims', 'the list beside the test')}: no claim edits "
        f"{min(own)}, so nothing shows that the page would notice a wrong one")
