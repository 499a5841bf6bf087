import torch


def test_an_index_without_axes_is_a_view_in_brackets():
    x = torch.zeros(3, 4)
    x[torch.tensor(1)].fill_(1)
    x.index_select(0, torch.tensor(2)).fill_(1)
    assert x.tolist() == [[0.0] * 4, [1.0] * 4, [0.0] * 4]
