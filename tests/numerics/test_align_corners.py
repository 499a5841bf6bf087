import pytest
import torch
import torch.nn.functional as F

from snippets.guards.judge import Undecided
from snippets.numerics.align_corners import assert_zero_flow_changes_nothing, warp_by_flow
from snippets.numerics.wrong_align_corners import warp_between_corners, warp_by_rows_first


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (2, 0), (-1, 0), (0, 3), (-2, 1)])
@pytest.mark.parametrize("size", [(4, 7), (5, 5), (1, 6)])
def test_a_whole_flow_moves_whole_pixels(device, dx, dy, size):
    H, W = size
    image = torch.rand(2, 3, H, W, device=device)
    flow = torch.tensor([dx, dy], device=device).float().view(1, 2, 1, 1).expand(2, 2, H, W)
    expected = torch.zeros_like(image)
    for row in range(H):
        for column in range(W):
            if 0 <= row + dy < H and 0 <= column + dx < W:
                expected[..., row, column] = image[..., row + dy, column + dx]
    torch.testing.assert_close(warp_by_flow(image, flow), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("warp", [warp_between_corners, warp_by_rows_first])
def test_the_wrong_grids_fail_the_guard(device, warp):
    with pytest.raises(AssertionError):
        assert_zero_flow_changes_nothing(warp, torch.rand(1, 1, 4, 6, device=device))


def test_swapped_coordinates_of_the_flow_alone_fail_the_guard(device):
    def warp(image, flow):
        return warp_by_flow(image, flow.flip(1))

    with pytest.raises(AssertionError, match="to the right"):
        assert_zero_flow_changes_nothing(warp, torch.rand(1, 1, 4, 6, device=device))


@pytest.mark.parametrize("size", [(6, 6), (4, 6), (9, 4), (2, 2)])
def test_the_guard_names_swapped_coordinates(device, size):
    with pytest.raises(AssertionError, match="swaps the axes"):
        assert_zero_flow_changes_nothing(
            warp_by_rows_first, torch.rand(1, 1, *size, device=device))


@pytest.mark.parametrize("size", [(6, 6), (4, 6), (9, 4), (2, 2)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e6])
def test_the_guard_judges_by_the_size_of_the_image(device, size, dtype, scale):
    image = scale * torch.rand(1, 1, *size, device=device, dtype=dtype)
    assert_zero_flow_changes_nothing(warp_by_flow, image)
    with pytest.raises(AssertionError, match="blurs"):
        assert_zero_flow_changes_nothing(
            lambda image, flow: warp_between_corners(image, flow.to(dtype)).to(dtype)
            if dtype == torch.float32 else
            warp_between_corners(image.float(), flow.float()).double(), image)


@pytest.mark.parametrize("image", [
    torch.ones(1, 1, 4, 6), torch.full((1, 1, 4, 6), torch.nan), torch.rand(1, 1, 1, 6)])
def test_the_guard_is_undecided_where_nothing_could_fail(image):
    with pytest.raises(Undecided):
        assert_zero_flow_changes_nothing(warp_by_flow, image)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("of_flow", [torch.float32, None])
def test_a_flow_of_0_changes_nothing_in_any_dtype(device, dtype, of_flow):
    image = torch.rand(1, 1, 64, 200, device=device).to(dtype)
    flow = torch.zeros(1, 2, 64, 200, device=device, dtype=of_flow or dtype)
    found = warp_by_flow(image, flow)
    assert found.dtype == dtype
    torch.testing.assert_close(found.double(), image.double(), atol=1e-2, rtol=0)


def test_an_image_of_integers_raises(device):
    with pytest.raises(TypeError, match="floats first"):
        warp_by_flow(torch.ones(1, 1, 2, 2, dtype=torch.uint8), torch.zeros(1, 2, 2, 2))


@pytest.mark.parametrize("mode", ["linear", "bilinear", "bicubic", "trilinear"])
def test_interpolate_without_the_argument_takes_false_and_does_not_warn(recwarn, mode):
    axes = {"linear": 1, "trilinear": 3}.get(mode, 2)
    x = torch.rand(1, 1, *[4] * axes)
    found = F.interpolate(x, size=[7] * axes, mode=mode)
    assert not recwarn.list
    torch.testing.assert_close(
        found, F.interpolate(x, size=[7] * axes, mode=mode, align_corners=False))
