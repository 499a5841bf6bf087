import pytest

from tests.guards.verdicts import GUARDS, RIGHT, WRONG, expected, verdicts_of

TABLE = expected()
NAMES = {guard.__name__ for guard in GUARDS}


@pytest.mark.parametrize("name", [*RIGHT, *WRONG])
def test_the_guards_give_a_model_the_verdicts_of_the_table(name):
    wanted = {key: value for key, value in TABLE[name].items() if key != "reason"}
    assert {guard: each for guard, (each, _) in verdicts_of(name).items()} == wanted


def test_no_right_model_fails_a_guard():
    assert [name for name in RIGHT if "fail" in TABLE[name].values()] == []


def test_the_table_has_no_other_models():
    assert set(TABLE) == {*RIGHT, *WRONG}


@pytest.mark.parametrize("name", TABLE)
def test_a_surprising_verdict_has_its_reason(name):
    row = dict(TABLE[name])
    reason, verdicts = row.pop("reason", ""), set(row.values())
    assert row.keys() <= NAMES
    assert verdicts <= {"fail", "pass", "undecided"}
    surprising = "undecided" in verdicts or ("fail" not in verdicts and name in WRONG)
    assert reason or not surprising


@pytest.mark.parametrize("guard", sorted(NAMES))
def test_each_guard_tells_right_from_wrong(guard):
    assert any(TABLE[name].get(guard) == "pass" for name in RIGHT)
    assert any(TABLE[name].get(guard) == "fail" for name in WRONG)
