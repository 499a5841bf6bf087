import pytest
import torch
from torch import nn


def with_table(length, persistent):
    module = nn.Module()
    module.register_buffer("table", torch.arange(length), persistent=persistent)
    return module


def test_a_saved_table_of_another_length_is_refused_and_an_unsaved_one_is_not():
    with pytest.raises(RuntimeError, match="size mismatch for table"):
        with_table(4, True).load_state_dict(with_table(3, True).state_dict(), strict=False)
    with_table(4, False).load_state_dict(with_table(3, False).state_dict())


def test_the_older_model_misses_the_key():
    with pytest.raises(RuntimeError, match=r"Missing key\(s\) in state_dict: .table"):
        with_table(3, True).load_state_dict(with_table(3, False).state_dict())


def test_the_count_of_batches_is_used_without_a_momentum_alone():
    x = torch.tensor([[0.0], [2.0]])
    for momentum, means in ((0.5, [0.5, 0.5]), (None, [1.0, 0.1])):
        found = []
        for count in (0, 9):
            norm = nn.BatchNorm1d(1, momentum=momentum)
            norm.num_batches_tracked.fill_(count)
            norm(x)
            found.append(round(norm.running_mean.item(), 4))
        assert found == means
