"""Each public function of a page's snippet is tried on awkward input, or left out with a reason."""

import pytest

from tests.awkward import LeftOut, cases, public, verdicts


@pytest.mark.only("snippet")
def test_each_public_function_is_tried(path):
    if not cases(path):
        pytest.skip("the page's snippet is not tried yet")
    listed = {case.function.__name__ for case in cases(path)}
    assert not (missing := set(public(path)) - listed), (
        f"{path}: list {sorted(missing)} in AWKWARD of the page's test, as tests/awkward.py says")


@pytest.mark.only("snippet")
def test_each_public_function_is_right_or_says_why_not(path):
    faults = [f"{case.function.__name__} on {name}: {verdict.removeprefix('! ')}"
              for case in cases(path) if not isinstance(case, LeftOut)
              for name, verdict in verdicts(case) if verdict.startswith("!")]
    assert not faults, "\n".join(faults)
