"""Each line that a page shows is run, by its examples or by its test."""

import pytest

from sitekit.read.stems import stem_of
from sitekit.run.lines import unexecuted


def test_each_shown_line_runs(path, guide, runs, measured, request):
    test = guide.with_stem(path).get("test")
    if test and not any(item.nodeid.startswith(test) for item in request.session.items):
        pytest.skip(f"{test} did not run")
    missing = unexecuted(runs, path, measured(stem_of(path)))
    assert not missing, "\n".join(
        [*missing, "show it in an example or a test, or say in tests/exclusions.toml why not"])
