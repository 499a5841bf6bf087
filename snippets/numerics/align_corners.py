"""Grids for grid_sample that agree with interpolate."""

from collections.abc import Callable

import torch
import torch.nn.functional as F


# --8<-- [start:warp_by_flow]
def warp_by_flow(
    image: torch.Tensor, flow: torch.Tensor
) -> torch.Tensor:
    """Read each pixel of the result at its place plus the flow.

    image (B, C, H, W), flow (B, 2, H, W) in pixels: channel 0 to the
    right, channel 1 down. Pixels outside the image are 0.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.grid_sample.html

    >>> image = torch.tensor([[[[1.0, 2.0, 3.0, 4.0]]]])
    >>> right = torch.tensor([1.0, 0.0]).view(1, 2, 1, 1)
    >>> warp_by_flow(image, right.expand(1, 2, 1, 4))
    tensor([[[[2., 3., 4., 0.]]]])
    """
    H, W = image.shape[-2:]
    y, x = torch.meshgrid(
        torch.arange(H, device=flow.device),
        torch.arange(W, device=flow.device), indexing="ij")
    places = torch.stack([x, y], dim=-1) + flow.permute(0, 2, 3, 1)
    size = torch.tensor([W, H], device=flow.device)
    grid = (2 * places + 1) / size - 1
    return F.grid_sample(image, grid, align_corners=False)
# --8<-- [end:warp_by_flow]


# --8<-- [start:assert_zero_flow_changes_nothing]
def assert_zero_flow_changes_nothing(
    warp: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    image: torch.Tensor,
) -> None:
    """Fail where a flow of 0, or of one pixel, misses the pixels.

    `warp` takes image (B, C, H, W) and flow (B, 2, H, W) as (x, y).
    Give an image of random numbers with H and W different.

    Raises: AssertionError that names the likely cause.
    """
    B, _, H, W = image.shape
    still = torch.zeros(B, 2, H, W, device=image.device)
    right = still.clone()
    right[:, 0] = 1
    assert torch.allclose(warp(image, still), image, atol=1e-4), (
        "a flow of 0 blurs: grid and grid_sample differ in align_corners")
    moved = warp(image, right)[..., :-1]
    assert torch.allclose(moved, image[..., 1:], atol=1e-4), (
        "a flow to the right reads elsewhere: the grid is (x, y)")
# --8<-- [end:assert_zero_flow_changes_nothing]
