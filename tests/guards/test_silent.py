import re
import tomllib

import pytest
import torch
from torch import nn

from snippets.guards.finite_gradients import finite_gradients_at_the_edge
from snippets.indexing.lost_assignment import assert_writes
from tests.guards.silent import groups, questions
from tests.guide import ROOT

VERDICTS = tomllib.loads((ROOT / "tests/guards/verdicts.toml").read_text())


@pytest.mark.parametrize("name", questions())
def test_what_catches_a_silent_bug_is_there(name):
    question = questions()[name]
    assert ("missed" in question) + ("model" in question) + ("page" in question) == 1
    if "model" in question:
        assert VERDICTS[question["model"]][question["guard"]] == "fail"
    elif "page" in question:
        page = (ROOT / "docs" / question["page"]).read_text()
        section = page.split("{#guard}")[1].split("\n## ")[0]
        assert re.search(rf'--8<-- "[\w/]+\.py:{question["guard"]}"', section)
        assert re.search(rf">>> .*{question['guard']}\(", section)
        assert "AssertionError" in section


def test_guards_catch_four_silent_bugs_in_ten():
    found = groups()
    assert len(found["no guard"]) <= 0.6 * len(questions())


def test_the_gradient_of_a_hand_written_norm_at_zero_is_caught(device):
    x = torch.arange(3.0, device=device)
    finite_gradients_at_the_edge(lambda x: torch.linalg.norm(x), x)
    with pytest.raises(AssertionError, match="gradient of input 0 is nan or inf at zeros"):
        finite_gradients_at_the_edge(lambda x: (x**2).sum().sqrt(), x)


def test_an_initialization_of_a_copy_is_caught(device):
    rows = torch.tensor([True, False, True], device=device)
    x, where = torch.zeros(3, 2, device=device), rows[:, None].expand(3, 2)
    assert_writes(lambda x: nn.init.ones_(x[:1]), x[:1].clone(), where[:1])
    with pytest.raises(AssertionError, match="a write to a copy"):
        assert_writes(lambda x: nn.init.ones_(x[rows]), x, where)
