import pytest
import torch

from snippets.vision.fold_and_unfold import mean_of_patches
from tests.awkward import LeftOut

AWKWARD = [LeftOut(mean_of_patches, "it takes a function of patches; its own tests are below")]


@pytest.mark.parametrize(("size", "stride"), [(1, 1), (2, 1), (2, 2), (3, 1), (3, 3)])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_unchanged_patches_give_the_image_back(size, stride, dtype):
    x = torch.randn(2, 3, 6, 6).to(dtype).transpose(2, 3)
    torch.testing.assert_close(mean_of_patches(x, lambda p: p, size, stride), x)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_half_dtype_counts_many_patches_exactly(dtype):
    x = torch.rand(1, 1, 50, 50).to(dtype)
    torch.testing.assert_close(mean_of_patches(x, lambda p: p, 25, 1), x)


def test_the_value_is_the_mean_over_the_patches_of_a_pixel():
    x = torch.zeros(1, 1, 1, 3)
    with pytest.raises(ValueError, match="do not cover"):
        mean_of_patches(x, lambda p: p, 2, 1)
    x = torch.zeros(1, 1, 2, 3)
    two = torch.tensor([1.0, 5.0])
    assert mean_of_patches(x, lambda p: p + two, 2, 1)[0, 0, 0].tolist() == [1.0, 3.0, 5.0]


def test_the_gradient_is_that_of_the_image():
    x = torch.randn(1, 2, 4, 4, requires_grad=True)
    mean_of_patches(x, lambda p: p, 2, 1).sum().backward()
    torch.testing.assert_close(x.grad, torch.ones_like(x))


@pytest.mark.parametrize(("x", "size", "stride", "error"), [
    (torch.ones(1, 1, 4, 4).long(), 2, 1, TypeError), (torch.ones(1, 4, 4), 2, 1, ValueError),
    (torch.ones(1, 1, 4, 5), 2, 2, ValueError), (torch.ones(1, 1, 5, 4), 2, 2, ValueError),
    (torch.ones(1, 1, 5, 5), 1, 2, ValueError), (torch.ones(1, 1, 4, 4), 2, 0, ValueError),
    (torch.ones(1, 1, 4, 4), 2, -1, ValueError)])
def test_what_does_not_fit_is_refused(x, size, stride, error):
    with pytest.raises(error, match=r"floating dtype|wanted|do not cover"):
        mean_of_patches(x, lambda p: p, size, stride)
