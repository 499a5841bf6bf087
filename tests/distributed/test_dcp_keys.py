import warnings

import pytest
import torch
import torch.distributed.checkpoint as dcp
from torch import nn

from tests.shown import shown

guard = shown("docs/distributed/dcp-keys.md", "assert_nothing_left_out")


class Given:
    def __init__(self, **state):
        self.state = state

    def state_dict(self):
        return self.state

    def load_state_dict(self, state):
        self.state = state


one = torch.ones(1)


@pytest.mark.parametrize(("saved", "state", "left"), [
    ({"w": one, "n": 3}, {"w": one, "n": 0}, None),
    ({"w": one, "n": 3}, {"w": one}, "n"),
    ({"a": {0: {"b": one}}}, {"a": {0: {"b": one}}}, None),
    ({"a": {0: {"b": one}}}, {"a": {}}, "a.0.b"),
    ({"a": [one, one]}, {"a": [one, one]}, None),
    ({"a": [one, one]}, {"a": [one]}, "a.1"),
    ({"a": [1, 2, 3]}, {"a": [1]}, None),
    ({"a": [{"b": one, "c": 1}]}, {"a": [{"b": one, "c": 1}]}, None),
    ({"a": (one, 2)}, {"a": (one, 2)}, None),
    ({"a.b": one}, {"a": one}, "a.b"),
    ({"a": Given(b=one, c=one)}, {"a": Given(b=one, c=one)}, None),
    ({"a": Given(b=one, c=one)}, {"a": Given(b=one)}, "a.c"),
    ({"a": nn.Linear(1, 1)}, {"a": nn.Linear(1, 1, bias=False)}, "a.bias"),
])
def test_the_guard_names_what_the_state_lacks(tmp_path, saved, state, left):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one process is meant
        dcp.save(saved, checkpoint_id=tmp_path)
    if left is None:
        guard(state, tmp_path)
    else:
        with pytest.raises(AssertionError, match=f"^not loaded: {left}$"):
            guard(state, tmp_path)


def test_another_dtype_is_converted_without_a_message(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dcp.save({"a": torch.tensor([1.5])}, checkpoint_id=tmp_path)
        state = {"a": torch.tensor([0])}
        dcp.load(state, checkpoint_id=tmp_path)
    assert state["a"].tolist() == [1]
