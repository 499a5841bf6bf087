"""What a page says first of a set, or as a number, names what proves it."""

import pytest

from sitekit.run.ledger import holes


def test_the_ledger_of_a_page_has_no_hole(path, guide):
    if not guide.beside(path).proved:
        pytest.skip("the page is not in the ledger yet")
    found = list(holes(guide, path))
    assert not found, "\n".join([*found, "name the proof under [[proved]] beside the page's test"])
