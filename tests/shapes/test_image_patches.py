import re

import pytest
import torch
import torch.nn.functional as F
from einops import rearrange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.shapes.image_patches import patches_by_slicing, patchify, unpatchify
from snippets.shapes.wrong_image_patches import patchify_interleaved, unpatchify_interleaved
from tests.awkward import Case
from tests.guide import ROOT

AWKWARD = [
    Case(patchify, lambda cut, x: cut(x, (2, 3)), shape=(2, 3, 4, 6),
         like=lambda x: torch.stack([
             x[:, :, i:i + 2, j:j + 3].flatten(1) for i in (0, 2) for j in (0, 3)], 1)),
    Case(patchify, lambda cut, x: cut(x, (2, 3)), shape=(2, 3, 4, 7),
         like=lambda x: x.view(2, 3, 2, 2, 2, 3)),
    Case(unpatchify, lambda join, x: join(x, (4, 6), (2, 3)), shape=(2, 4, 18),
         like=lambda x: torch.cat([torch.cat(
             [x[:, i + j].unflatten(1, (3, 2, 3)) for j in (0, 1)], 3) for i in (0, 2)], 2)),
    Case(patches_by_slicing, lambda cut, x: cut(x, (2, 3)), shape=(2, 3, 4, 6), like=lambda x:
         x.unfold(2, 2, 2).unfold(3, 3, 3).permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)),
]

FIXED_DEVICE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SIZE = st.integers(1, 4)
# B, C, H', W', p_H, p_W
LAYOUTS = st.tuples(SIZE, SIZE, SIZE, SIZE, SIZE, SIZE)


def numbered(layout, device):
    """Images whose elements all differ, their size and the size of a patch."""
    B, C, rows, columns, p_h, p_w = layout
    H, W = rows * p_h, columns * p_w
    images = torch.arange(B * C * H * W, device=device).reshape(B, C, H, W)
    return images, (H, W), (p_h, p_w)


@FIXED_DEVICE
@given(LAYOUTS)
def test_each_element_comes_from_where_the_formula_says(device, layout):
    images, _, patch = numbered(layout, device)
    B, C, rows, columns, p_h, p_w = layout
    axes = [torch.arange(n, device=device) for n in (B, rows, columns, C, p_h, p_w)]
    b, i, j, c, r, q = torch.meshgrid(axes, indexing="ij")
    origin = images[b, c, i * p_h + r, j * p_w + q].reshape(B, rows * columns, -1)
    assert torch.equal(patchify(images, patch), origin)
    assert torch.equal(patches_by_slicing(images, patch), origin)


@FIXED_DEVICE
@given(LAYOUTS, st.sampled_from([torch.float32, torch.float16, torch.bfloat16]), st.booleans())
def test_patchify_is_unfold_transposed_and_unpatchify_is_fold(device, layout, dtype, transposed):
    images, size, patch = numbered(layout, device)
    images = images.to(dtype)
    if transposed:
        images, size, patch = images.mT, size[::-1], patch[::-1]
    patches = patchify(images, patch)
    assert torch.equal(patches, F.unfold(images, patch, stride=patch).mT)
    assert torch.equal(unpatchify(patches, size, patch), images)
    assert torch.equal(F.fold(patches.mT, size, patch, stride=patch), images)


@FIXED_DEVICE
@given(LAYOUTS)
def test_patchify_is_the_einops_pattern_that_the_page_quotes(device, layout):
    images, _, (p_h, p_w) = numbered(layout, device)
    page = (ROOT / "docs/shapes/image-patches.md").read_text()
    [pattern] = re.findall(r'`rearrange\(images, "([^"]+)", p=p_H, q=p_W\)`', page)
    assert torch.equal(patchify(images, (p_h, p_w)), rearrange(images, pattern, p=p_h, q=p_w))


@FIXED_DEVICE
@given(LAYOUTS)
def test_the_interleaved_layout_inverts_exactly_and_is_wrong(device, layout):
    images, size, patch = numbered(layout, device)
    wrong = patchify_interleaved(images, patch)
    assert torch.equal(unpatchify_interleaved(wrong, size, patch), images)
    columns, p_w = layout[3], layout[5]
    assert torch.equal(wrong, patchify(images, patch)) == (columns == 1 or p_w == 1)


@pytest.mark.parametrize("size", [(5, 4), (4, 5), (1, 4)])
def test_an_image_that_does_not_divide_raises_in_one_line(device, size):
    height, width = size
    with pytest.raises(ValueError, match=rf"^images {height}x{width} do not divide .* 2x2$"):
        patchify(torch.zeros(2, 3, *size, device=device), (2, 2))


@pytest.mark.parametrize(("shape", "size"), [
    ((2, 4, 12), (5, 4)), ((2, 4, 12), (4, 5)),  # the image does not divide
    ((2, 2, 24), (4, 4)), ((2, 8, 12), (4, 4)),  # another number of patches
    ((2, 4, 10), (4, 4)), ((2, 4, 2), (4, 4)),   # part of a channel
])
def test_patches_that_do_not_fill_the_image_raise_in_one_line(device, shape, size):
    with pytest.raises(ValueError, match=rf"^{shape[1]} patches 2x2 of {shape[2]} numbers .*$"):
        unpatchify(torch.zeros(shape, device=device), size, (2, 2))


@pytest.mark.parametrize("size", [(5, 4), (4, 5), (0, 4), (4, 0)])
def test_slices_are_cut_only_from_whole_patches(device, size):
    with pytest.raises(ValueError, match=rf"^images {size[0]}x{size[1]} do not hold .* 2x2$"):
        patches_by_slicing(torch.zeros(1, 1, *size, device=device), (2, 2))


def test_an_empty_batch_has_empty_patches(device):
    images = torch.zeros(0, 3, 4, 6, device=device)
    patches = patchify(images, (2, 3))
    assert patches.shape == (0, 4, 18)
    assert unpatchify(patches, (4, 6), (2, 3)).shape == images.shape


def test_linear_on_patches_and_strided_convolution_have_the_same_gradients(device):
    torch.manual_seed(0)
    conv = torch.nn.Conv2d(3, 8, (4, 5), stride=(4, 5), device=device, dtype=torch.float64)
    linear = torch.nn.Linear(60, 8, device=device, dtype=torch.float64)
    with torch.no_grad():
        linear.weight.copy_(conv.weight.flatten(1))
        linear.bias.copy_(conv.bias)
    images = torch.randn(1, 3, 8, 15, device=device, dtype=torch.float64)
    by_conv, by_linear = images.clone().requires_grad_(), images.clone().requires_grad_()
    outputs = conv(by_conv).flatten(2).mT, linear(patchify(by_linear, (4, 5)))
    torch.testing.assert_close(*outputs)
    for output in outputs:
        output.square().sum().backward()
    torch.testing.assert_close(by_linear.grad, by_conv.grad)
    torch.testing.assert_close(linear.weight.grad, conv.weight.grad.flatten(1))
    torch.testing.assert_close(linear.bias.grad, conv.bias.grad)
