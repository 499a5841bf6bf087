import re
import tomllib

import pytest

from tests.guards import beside
from tests.guide import ROOT

TABLE = tomllib.loads((ROOT / "tests/guards/beside.toml").read_text())
PAGE = (ROOT / "docs/guards/beside-pytest-torch.md").read_text()
WORDS = {("pass", "fail"): "finds it", ("pass", "pass"): "misses it",
         ("undecided", "undecided"): "undecided", ("none", "none"): "–"}


@pytest.mark.parametrize("bug", beside.CASES)
@pytest.mark.filterwarnings("ignore")
def test_a_guard_and_a_check_say_of_a_bug_what_the_table_says(bug):
    made = beside.CASES[bug]
    for who in ("ours", "theirs"):
        said = [beside.said_of(made[which], made[who]) for which in ("right", "wrong")]
        assert [verdict for verdict, _ in said] == TABLE[bug][who], said


def test_the_page_shows_the_table():
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)[1:]
    assert [bug for bug, _, _ in rows] == list(TABLE) == list(beside.CASES)
    for bug, guard, check in rows:
        row = TABLE[bug]
        for cell, name, who in ((guard, row["guard"], "ours"), (check, row["check"], "theirs")):
            assert cell.partition(":")[0] == WORDS[tuple(row[who])]
            assert name in cell
    assert f"{len(TABLE)} bugs" in PAGE
