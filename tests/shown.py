"""A function or class that a session of a page defines, to be called by the page's tests."""

import re

from tests.guide import ROOT


def shown(path, name, **names):
    """The function or class `name` of the page at `path`; `names` are what its code uses."""
    text = (ROOT / path).read_text()
    found = re.search(rf"^>>> (?:def|class) {name}\(.*\n(?:\.\.\. .*\n)+", text, re.MULTILINE)
    assert found, f"{path} defines no {name}"
    exec("\n".join(line[4:] for line in found.group().splitlines()), names)
    return names[name]
