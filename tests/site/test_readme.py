"""README's table names files that are there."""

import re

import pytest

from tests.guide import ROOT

README = (ROOT / "README.md").read_text()
ROW = re.compile(r"^\| (?P<what>[^|]+) \| (?P<where>.*`.*) \|$", re.MULTILINE)


def named(where: str) -> list[str]:
    """The paths of a cell; a bare name stands in the folder of the path before it."""
    found, folder = [], ""
    for name in re.findall(r"`([^`]+)`", where):
        if "/" in name:
            folder = name.rpartition("/")[0] + "/"
        found.append(name if "/" in name or (ROOT / name).exists() else folder + name)
    return [name for name in found if re.search(r"[/.]", name)
            and not re.match(r"make |Example\.|.*…", name)]


def absent(readme: str) -> list[str]:
    table = readme.partition("| what | where |")[2]
    return [name for row in ROW.finditer(table) for name in named(row["where"])
            if not (ROOT / name).exists()]


def test_each_file_of_the_table_is_there():
    assert absent(README) == []


@pytest.mark.parametrize("gone", ["sitekit/build/search.py", "nothing.py"])
def test_a_file_that_is_gone_is_named(gone):
    assert absent(README.replace("`words.toml`", f"`{gone}`")) != []
