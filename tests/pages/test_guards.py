"""Each wrong version of a page is tried with the guards, or its list says why not."""

import re

import pytest

from tests.guards.verdicts import untried


@pytest.mark.only("wrong")
def test_each_wrong_version_is_tried_or_left_out_with_a_reason(path, guide):
    assert not (missing := untried(path)), (
        f"{path}: try {missing} in tests/guards/verdicts.py, or say under [left_out] beside the "
        "page's test why not")
    left_out = guide.beside(path).left_out
    text = guide.text(guide.with_stem(path)["wrong"]) if left_out else ""
    for name, why in left_out.items():
        assert re.search(rf"^(def|class) {name}\b", text, re.MULTILINE), f"{path}: no {name}"
        assert why
