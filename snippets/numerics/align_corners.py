"""Grids for grid_sample that agree with interpolate."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from snippets.guards.judge import Undecided


# --8<-- [start:warp_by_flow]
def warp_by_flow(
    image: torch.Tensor, flow: torch.Tensor
) -> torch.Tensor:
    """Read each pixel of the result at its place plus the
    flow.

    image (B, C, H, W), flow (B, 2, H, W) in pixels: channel 0
    to the right, channel 1 down. Pixels outside the image are
    0. Half precision is computed in float32: it cannot hold
    the places. A pixel that is inf or nan may turn its
    neighbours into nan, and a flow of inf or nan gives nan.

    Raises: TypeError where the image is not of floating dtype;
    RuntimeError for float8, which torch does not promote.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.grid_sample.html

    >>> image = torch.tensor([[[[1.0, 2.0, 3.0, 4.0]]]])
    >>> right = torch.tensor([1.0, 0.0]).view(1, 2, 1, 1)
    >>> warp_by_flow(image, right.expand(1, 2, 1, 4))
    tensor([[[[2., 3., 4., 0.]]]])
    """
    if not image.is_floating_point():
        raise TypeError(
            f"{image.dtype}: convert to floats first")
    wide = torch.promote_types(image.dtype, torch.float32)
    H, W = image.shape[-2:]
    y, x = torch.meshgrid(
        torch.arange(H, device=flow.device),
        torch.arange(W, device=flow.device), indexing="ij")
    moves = flow.to(wide).permute(0, 2, 3, 1)
    places = torch.stack([x, y], dim=-1) + moves
    size = torch.tensor([W, H], device=flow.device)
    grid = (2 * places + 1) / size - 1
    result = F.grid_sample(image.to(wide), grid,
                           align_corners=False)
    return result.to(image.dtype)
# --8<-- [end:warp_by_flow]


# --8<-- [start:assert_zero_flow_changes_nothing]
def assert_zero_flow_changes_nothing(
    warp: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    image: torch.Tensor,
) -> None:
    """Fail where a flow of 0 or of one pixel misses the
    pixels.

    The flows of one pixel go to the right and down. `warp`
    takes image (B, C, H, W) and flow (B, 2, H, W) as (x, y).
    Give an image of random float32 or float64 numbers. The
    tolerance grows with the width and height, as the rounding
    of places does.

    Raises: AssertionError that names the likely cause;
    TypeError for another dtype, of the image or of what `warp`
    gives; Undecided where the image is not finite, does not
    vary along both axes or is on meta.
    """
    B, _, H, W = image.shape
    if image.dtype not in (torch.float32, torch.float64):
        raise TypeError(
            f"{image.dtype}: give float32 or float64")
    if image.is_meta or min(
            H, W) < 2 or not (image.isfinite().all()
                              and image.diff(dim=2).any()
                              and image.diff(dim=3).any()):
        raise Undecided("give an image of random numbers")
    rounding = 2 * max(H, W) * torch.finfo(image.dtype).eps
    tolerance = max(1e-4, rounding) * image.abs().max().item()
    still = image.new_zeros(B, 2, H, W)
    found = warp(image.clone(), still.clone())
    if found.dtype != image.dtype:
        raise TypeError(
            f"warp gives {found.dtype}: cast it back")
    if not torch.allclose(found, image, atol=tolerance, rtol=0):
        ramp = still[0, 0, 0].add(1).cumsum(0)
        columns = torch.zeros_like(image) + ramp
        ramp = warp(columns, still.clone())
        rise, across = ((ramp - ramp.flip(axis)).abs().max()
                        for axis in (3, 2))
        assert rise >= across, (
            "a flow of 0 swaps the axes: the grid is (x, y)")
        raise AssertionError(
            "a flow of 0 blurs: grid and grid_sample differ in "
            "align_corners")
    for axis, where in [(3, "to the right"), (2, "down")]:
        flow = still.clone()
        flow[:, 3 - axis] = 1
        size = image.shape[axis] - 1
        moved = warp(image.clone(), flow).narrow(axis, 0, size)
        assert torch.allclose(
            moved, image.narrow(axis, 1,
                                size), atol=tolerance, rtol=0
        ), (f"a flow {where} reads elsewhere: the grid is (x, y)")
# --8<-- [end:assert_zero_flow_changes_nothing]
