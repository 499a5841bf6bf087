from itertools import product

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.shapes.permute_vs_reshape import image_to_tokens, permutations_giving
from snippets.shapes.wrong_permute_vs_reshape import image_to_tokens_by_reshape
from tests.awkward import Case


def finds_the_order(x, orders):
    numbers = x.flatten().tolist()
    if len(x) == 2 and len(set(numbers)) == len(numbers) and not x.isnan().any():
        assert orders == [(2, 0, 1)]


AWKWARD = [
    Case(image_to_tokens, lambda f, x: f(x), like=lambda x: x.flatten(2).mT, shape=(2, 3, 4, 5)),
    Case(permutations_giving, lambda f, x: f(x, x.permute(2, 0, 1).flatten()),
         holds=finds_the_order, shape=(2, 3, 4)),
]

FIXED_DEVICE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SIZES = st.lists(st.integers(1, 4), min_size=4, max_size=4)


def numbered(shape, device):
    """A tensor of `shape` whose elements all differ."""
    return torch.arange(torch.Size(shape).numel(), device=device).reshape(shape)


@FIXED_DEVICE
@given(SIZES)
def test_reshape_alone_is_wrong_unless_an_axis_has_size_one(device, sizes):
    images = numbered(sizes, device)
    right, wrong = image_to_tokens(images), image_to_tokens_by_reshape(images)
    assert right.shape == wrong.shape
    _, channels, height, width = sizes
    assert torch.equal(right, wrong) == (channels == 1 or height * width == 1)


@FIXED_DEVICE
@given(SIZES, st.sampled_from([torch.float32, torch.float16, torch.bfloat16]), st.booleans())
def test_each_token_holds_the_channels_of_one_pixel(device, sizes, dtype, transposed):
    images = numbered(sizes, device).to(dtype)
    images = images.mT if transposed else images
    tokens = image_to_tokens(images)
    batch, _, height, width = images.shape
    for b, h, w in product(range(batch), range(height), range(width)):
        assert torch.equal(tokens[b, h * width + w], images[b, :, h, w])


@pytest.mark.parametrize("shape", [(0, 3, 2, 2), (2, 0, 2, 2), (2, 3, 0, 2)])
def test_no_elements_are_no_error(device, shape):
    batch, channels, height, width = shape
    tokens = image_to_tokens(torch.zeros(shape, device=device))
    assert tokens.shape == (batch, height * width, channels)


@FIXED_DEVICE
@given(st.lists(st.integers(2, 3), min_size=1, max_size=4).flatmap(
    lambda sizes: st.tuples(st.just(sizes), st.permutations(range(len(sizes))))))
def test_the_only_permutation_is_found(device, layout):
    sizes, order = layout
    x = numbered(sizes, device)
    assert permutations_giving(x, x.permute(order).reshape(-1)) == [tuple(order)]


def test_another_number_of_elements_raises(device):
    with pytest.raises(RuntimeError, match="invalid for input of size 4"):
        permutations_giving(numbered((2, 2), device), numbered((5,), device))


@FIXED_DEVICE
@given(SIZES, st.permutations(range(4)))
def test_reshape_reads_the_last_dimension_first_whatever_the_strides(device, sizes, order):
    x = numbered(sizes, device).permute(order)
    B, C, H, W = x.shape
    flat = x.reshape(-1)
    for b, c, h, w in product(range(B), range(C), range(H), range(W)):
        assert flat[((b * C + c) * H + h) * W + w] == x[b, c, h, w]
