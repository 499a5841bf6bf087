import pytest
import torch

from snippets.shapes.contiguous import assert_any_layout, flatten_images
from snippets.shapes.wrong_contiguous import flatten_images_by_view


def test_contiguous_without_an_assignment_does_nothing(device):
    images = torch.zeros(2, 3, 4, 5, device=device)
    assert flatten_images_by_view(images).shape == (2, 60)
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        flatten_images_by_view(images.to(memory_format=torch.channels_last))


@pytest.mark.parametrize("batch", [0, 1, 3])
def test_flatten_images_has_one_order_in_every_layout(device, batch):
    images = torch.randn(batch, 3, 4, 5, device=device)
    last = images.to(memory_format=torch.channels_last)
    assert torch.equal(flatten_images(last), images.view(batch, 60))


def test_the_guard_passes_what_any_layout_leaves_alone(device):
    x = torch.randn(2, 3, 4, device=device, dtype=torch.float64)
    assert_any_layout(lambda x: x.permute(2, 0, 1).reshape(4, 6), x)
    assert_any_layout(lambda x: x.cumsum(1), x)
    with pytest.raises(AssertionError, match="another result where axis 0"):
        assert_any_layout(lambda x: x.as_strided((24,), (1,)), x)
