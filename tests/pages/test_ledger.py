"""What a page says first of a set, or as a number, names what proves it."""

from sitekit.run.ledger import holes


def test_the_ledger_of_a_page_has_no_hole(path, guide):
    found = list(holes(guide, path))
    assert not found, "\n".join([*found, "name the proof under [[proved]] beside the page's test"])
