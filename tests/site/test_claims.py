"""A claim counts where its edit fails its own section, by an output or by the error it names."""

import pytest

from tests.guide import GUIDE

PAGE = """
    ## Trap {#trap}

    ```pycon
    >>> x = 1
    >>> x
    1
    ```

    ## Proof {#proof}

    ```pycon
    >>> x + 1
    2
    >>> int("2")
    2
    ```
    """
CLAIM = {"section": "proof", "says": "it is two", "old": ">>> x + 1", "new": ">>> x + 2"}


def verdicts(project, *claims):
    project.page(PAGE)
    project.write("tests/planted.toml", "".join(
        "[[claim]]\n" + "".join(f"{key} = '''{value}'''\n" for key, value in claim.items())
        for claim in claims))
    runs = project.runs(claims=True)
    return [runs.verdict(claim) for claim in runs.guide.beside("docs/planted.md").claims]


def test_an_edit_that_changes_an_output_of_its_section(project):
    assert verdicts(project, CLAIM) == [""]


@pytest.mark.parametrize(("claim", "why"), [
    ({"new": ">>> x + 1 + 0"}, "nothing in #proof fails"),
    ({"old": ">>> x\n", "new": ">>> x + 7\n"}, "nothing in #proof fails; what fails is in #trap"),
    ({"section": "trap"}, "nothing in #trap fails"),
    ({"new": ">>> y + 1"}, "ends in NameError, and the claim names none"),
    ({"new": '>>> int("2", bas=3)'}, "ends in TypeError, and the claim names none"),
    ({"new": '>>> int("z")', "error": "TypeError"}, "ends in ValueError, and the claim names"),
    ({"error": "TypeError"}, "ends in an output, and the claim names TypeError"),
    ({"new": ">>> import os; os.abort()"}, "nothing in #proof fails"),
    ({"new": ">>> raise SystemExit"}, "SystemExit ends the session"),
    ({"old": "absent"}, "stands 0 times in docs/planted.md"),
    ({"old": "x"}, "must stand once"),
    ({"section": "absent"}, "has no section #absent"),
    ({"old": "## Proof", "new": "## Prove"}, "changes nothing that the page runs"),
    ({"old": "```pycon\n>>> x + 1", "new": "```pycn\n>>> x + 1"}, "a fence is followed by"),
])
def test_an_edit_that_fails_otherwise_or_not_at_all(project, claim, why):
    (verdict,) = verdicts(project, CLAIM | claim)
    assert why in verdict
    assert verdict.startswith("tests/planted.toml: it is two") or "planted.md" in verdict


def test_an_error_that_the_claim_names(project):
    claim = CLAIM | {"old": 'int("2")', "new": 'int("two")', "error": "ValueError"}
    assert verdicts(project, claim) == [""]


def test_the_edits_of_a_page_do_not_see_each_other(project):
    leaves = CLAIM | {"new": ">>> x = 5\n>>> x + 1"}
    assert verdicts(project, leaves, CLAIM, CLAIM | {"new": ">>> x + 1 + 0"}) == [
        "", "", "tests/planted.toml: it is two: nothing in #proof fails"]


def test_the_guide_makes_many_claims():
    claims = [claim for path in GUIDE.paths for claim in GUIDE.beside(path).claims]
    assert len(claims) >= 600
