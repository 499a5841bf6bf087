"""Each line that a page shows is run, by its examples or by its test."""

import pytest

from sitekit.read.stems import stem_of
from sitekit.run.lines import unexecuted


def test_each_shown_line_runs(path, page, guide, runs, measured):
    files = guide.with_stem(path)
    lines = measured(stem_of(path))
    if "test" in files and lines is None:
        pytest.skip(f"{files['test']} did not run")
    executed = dict(lines or {})
    for kind in ("snippet", "wrong", "stub"):
        if kind in files:
            for file, found in runs.of(files[kind]).ran.lines.items():
                executed[file] = executed.get(file, set()) | found
    missing = unexecuted(guide, page, runs.environment, runs.of(path), executed)
    assert not missing, "\n".join(
        [*missing, "show it in an example or a test, or say in tests/exclusions.toml why not"])
