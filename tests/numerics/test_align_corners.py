import pytest
import torch

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
