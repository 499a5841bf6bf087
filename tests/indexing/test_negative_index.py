import pytest
import torch
import torch.nn.functional as F


def test_some_functions_count_from_the_end_as_brackets_do(device):
    x = torch.arange(3.0, device=device)
    last = torch.tensor([-1], device=device)
    assert torch.take(x, last).item() == 2
    assert torch.take_along_dim(x, last, 0).item() == 2
    assert x.index_fill(0, last, 9)[-1].item() == 9


@pytest.mark.parametrize("call", [
    lambda x, i: x.gather(1, i), lambda x, i: x.scatter(1, i, 0.0), lambda x, i: F.embedding(i, x),
    lambda x, i: F.one_hot(i), lambda x, i: F.cross_entropy(x, i[:, 0])])
def test_others_raise(call):
    with pytest.raises((IndexError, RuntimeError)):
        call(torch.zeros(1, 3), torch.tensor([[-1]]))
