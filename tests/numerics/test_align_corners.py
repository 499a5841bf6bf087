import pytest
import torch
import torch.nn.functional as F

from snippets.guards.judge import Undecided
from snippets.numerics.align_corners import assert_zero_flow_changes_nothing, warp_by_flow
from snippets.numerics.wrong_align_corners import warp_between_corners, warp_by_rows_first
from tests.awkward import Case, Guard


def places_of_pixels(image):
    """The identity grid of torch itself, in at least float32."""
    if not image.is_floating_point():
        raise TypeError("no grid of integers")
    if not len(image):
        return image  # affine_grid makes no grid for it
    wide = torch.promote_types(image.dtype, torch.float32)
    grid = F.affine_grid(torch.eye(2, 3, dtype=wide, device=image.device).expand(len(image), 2, 3),
                         list(image.shape), align_corners=False)
    return F.grid_sample(image.to(wide), grid, align_corners=False).to(image.dtype)


AWKWARD = [
    Case(warp_by_flow, lambda warp, x: warp(x, x.new_zeros(len(x), 2, *x.shape[2:])),
         like=places_of_pixels, shape=(2, 3, 4, 5)),
    Guard(assert_zero_flow_changes_nothing, lambda guard, x: guard(warp_by_flow, x),
          lambda guard, x: guard(warp_between_corners, x), shape=(2, 1, 4, 6)),
]


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


@pytest.mark.parametrize("height", range(2, 10))
def test_the_guard_names_the_cause_for_each_size(device, height):
    for width in range(2, 12):
        image = torch.rand(1, 1, height, width, device=device)
        with pytest.raises(AssertionError, match="swaps the axes"):
            assert_zero_flow_changes_nothing(warp_by_rows_first, image)
        with pytest.raises(AssertionError, match="blurs"):
            assert_zero_flow_changes_nothing(warp_between_corners, image)
        assert_zero_flow_changes_nothing(warp_by_flow, image)


@pytest.mark.parametrize(("channel", "where"), [(0, "to the right"), (1, "down")])
@pytest.mark.parametrize("factor", [-1.0, 0.0, 0.3, 2.0])
def test_the_guard_finds_one_axis_of_the_flow_that_is_wrong(device, channel, where, factor):
    def warp(image, flow):
        flow[:, channel] *= factor
        return warp_by_flow(image, flow)

    with pytest.raises(AssertionError, match=f"a flow {where} reads elsewhere"):
        assert_zero_flow_changes_nothing(warp, torch.rand(2, 1, 5, 7, device=device))


def test_float8_raises_as_the_docstring_says():
    image = torch.ones(1, 1, 2, 2).to(torch.float8_e4m3fn)
    with pytest.raises(RuntimeError, match="Float8"):
        warp_by_flow(image, torch.zeros(1, 2, 2, 2))


def test_bicubic_samples_beyond_the_centres_overshoot_and_bilinear_ones_do_not():
    row = torch.tensor([[[[0.0, 4.0, 8.0, 12.0]]]])
    ends = {mode: F.interpolate(row, (1, 8), mode=mode)[..., 0].item()
            for mode in ("bilinear", "bicubic")}
    assert ends["bilinear"] == 0
    assert ends["bicubic"] < -0.4


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


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.int64])
def test_the_guard_refuses_a_dtype_that_cannot_hold_the_places(dtype):
    with pytest.raises(TypeError, match="give float32 or float64"):
        assert_zero_flow_changes_nothing(warp_by_flow, torch.ones(1, 1, 4, 6, dtype=dtype))


def test_the_guard_is_undecided_on_meta():
    with pytest.raises(Undecided):
        assert_zero_flow_changes_nothing(warp_by_flow, torch.rand(1, 1, 4, 6, device="meta"))


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


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "area"])
@pytest.mark.parametrize("aligned", [True, False])
def test_modes_without_corners_refuse_the_argument(mode, aligned):
    with pytest.raises(ValueError, match="align_corners option can only be set"):
        F.interpolate(torch.rand(1, 1, 4, 4), size=7, mode=mode, align_corners=aligned)


@pytest.mark.parametrize("of_grid", [True, False])
def test_an_identity_grid_for_the_other_value_changes_the_border(device, of_grid):
    image = torch.rand(1, 1, 5, 6, device=device)
    grid = F.affine_grid(torch.eye(2, 3, device=device)[None], [1, 1, 5, 6], align_corners=of_grid)
    same, other = (F.grid_sample(image, grid, align_corners=a) for a in (of_grid, not of_grid))
    torch.testing.assert_close(same, image)
    assert not torch.allclose(other[..., 0, :], image[..., 0, :], atol=0.05)


@pytest.mark.parametrize("mode", ["linear", "bilinear", "bicubic", "trilinear"])
def test_interpolate_without_the_argument_takes_false_and_does_not_warn(recwarn, mode):
    axes = {"linear": 1, "trilinear": 3}.get(mode, 2)
    x = torch.rand(1, 1, *[4] * axes)
    found = F.interpolate(x, size=[7] * axes, mode=mode)
    assert not recwarn.list
    torch.testing.assert_close(
        found, F.interpolate(x, size=[7] * axes, mode=mode, align_corners=False))


def test_the_guard_sees_a_warp_that_writes_to_its_image(device):
    image = torch.rand(1, 1, 4, 5, device=device)
    before = image.clone()
    with pytest.raises(AssertionError):
        assert_zero_flow_changes_nothing(lambda image, flow: image.zero_(), image)
    assert torch.equal(image, before)


@pytest.mark.parametrize("shape", [(1, 1, 4, 3840), (1, 1, 20000, 4), (1, 1, 2, 100000)])
def test_a_large_image_passes_and_a_wrong_grid_fails(device, shape):
    torch.manual_seed(0)
    image = torch.randn(shape, device=device)
    assert_zero_flow_changes_nothing(warp_by_flow, image)
    with pytest.raises(AssertionError, match="blurs"):
        assert_zero_flow_changes_nothing(warp_between_corners, image)


def test_a_scale_factor_sets_the_distance_and_bicubic_overshoots(device):
    row = torch.arange(5.0, device=device).expand(1, 1, 4, 5)
    found = F.interpolate(row, scale_factor=(1, 1.5), mode="bilinear", align_corners=False)
    assert found[0, 0, 0, 1:6].diff().sub(1 / 1.5).abs().max() < 1e-5
    cubic = F.interpolate(row, size=(4, 8), mode="bicubic", align_corners=False)
    assert cubic.min() < -0.01
    assert cubic.max() > 4.01


def test_a_warp_that_gives_another_dtype_raises():
    with pytest.raises(TypeError, match="cast it back"):
        assert_zero_flow_changes_nothing(
            lambda image, flow: warp_by_flow(image.double(), flow), torch.rand(2, 3, 5, 7))


@pytest.mark.parametrize("number", [torch.inf, -torch.inf, torch.nan])
def test_a_flow_that_is_not_finite_gives_nan(device, number):
    image = torch.rand(1, 1, 3, 4, device=device)
    flow = torch.full((1, 2, 3, 4), number, device=device)
    assert warp_by_flow(image, flow).isnan().all()


@pytest.mark.filterwarnings("ignore:.*affine_grid")
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (4, 1), (4, 5)])
@pytest.mark.parametrize("aligned", [True, False])
def test_a_side_of_one_pixel_alone_parts_the_grid_and_interpolate(device, size, aligned):
    image = torch.arange(12.0, device=device).view(1, 1, 3, 4)
    grid = F.affine_grid(torch.eye(2, 3, device=device)[None], [1, 1, *size],
                         align_corners=aligned)
    sampled = F.grid_sample(image, grid, padding_mode="border", align_corners=aligned)
    resized = F.interpolate(image, size, mode="bilinear", align_corners=aligned)
    same = torch.allclose(sampled, resized, atol=1e-4)
    assert same == (not aligned or min(size) > 1)
