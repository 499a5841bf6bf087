"""Where the table of hits as an index raises an error, and what argmax takes."""

import pytest
import torch


def test_a_column_number_that_is_no_row_raises(device):
    x = torch.arange(6, device=device).view(2, 3)
    with pytest.raises(IndexError):
        x.cpu()[(x.cpu() == 2).nonzero()]
    assert tuple(x[(x == 4).nonzero()].shape) == (1, 2, 3)


def test_argmax_refuses_a_bool_and_finds_the_first_hit_of_integers(device):
    mask = torch.tensor([[False, True, True], [False, False, False]], device=device)
    with pytest.raises(RuntimeError, match="bool"):
        mask.argmax(1)
    assert mask.int().argmax(1).tolist() == [1, 0]
