import pytest
import torch

from snippets.shapes.squeeze import drop_axes
from snippets.shapes.wrong_squeeze import accuracy_of_squeezed
from tests.awkward import Case

AWKWARD = [
    Case(drop_axes, lambda drop, x: drop(x, 1, -1), like=lambda x: x.squeeze((1, -1)),
         shape=(3, 1, 4, 1)),
]


@pytest.mark.parametrize("classes", [2, 5])
def test_a_bare_squeeze_divides_a_batch_of_one_by_the_number_of_classes(device, classes):
    pooled = torch.eye(classes, device=device)[:, :, None, None]
    target = torch.arange(classes, device=device)
    assert accuracy_of_squeezed(pooled, target) == 1
    assert accuracy_of_squeezed(pooled[:1], target[:1]) == 1 / classes


@pytest.mark.parametrize("batch", [0, 1, 3])
def test_drop_axes_keeps_the_batch_axis_and_the_memory(device, batch):
    x = torch.zeros(batch, 1, 4, 1, device=device).mT
    dropped = drop_axes(x, 1, 2)
    assert dropped.shape == (batch, 4)
    assert dropped.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()


def test_drop_axes_refuses_an_axis_of_another_size(device):
    with pytest.raises(ValueError, match="has size 0, not 1"):
        drop_axes(torch.zeros(1, 0, device=device), -1)
