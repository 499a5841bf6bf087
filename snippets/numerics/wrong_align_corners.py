"""Grids that miss the pixels."""

import torch
import torch.nn.functional as F


# --8<-- [start:warp_between_corners]
def warp_between_corners(
    image: torch.Tensor, flow: torch.Tensor
) -> torch.Tensor:
    """Build the grid for align_corners=True and sample with
    False."""
    _, _, H, W = image.shape
    y, x = torch.meshgrid(
        torch.linspace(-1, 1, H, device=flow.device),
        torch.linspace(-1, 1, W, device=flow.device),
        indexing="ij")
    size = torch.tensor([W - 1, H - 1], device=flow.device)
    moves = 2 * flow.permute(0, 2, 3, 1) / size
    grid = torch.stack([x, y], dim=-1) + moves
    return F.grid_sample(image, grid, align_corners=False)
# --8<-- [end:warp_between_corners]


# --8<-- [start:warp_by_rows_first]
def warp_by_rows_first(
    image: torch.Tensor, flow: torch.Tensor
) -> torch.Tensor:
    """Stack (y, x) as indexing does, where the grid is
    (x, y)."""
    _, _, H, W = image.shape
    y, x = torch.meshgrid(
        torch.arange(H, device=flow.device),
        torch.arange(W, device=flow.device), indexing="ij")
    places = torch.stack([y, x], dim=-1)
    places = places + flow.permute(0, 2, 3, 1).flip(-1)
    size = torch.tensor([H, W], device=flow.device)
    grid = (2 * places + 1) / size - 1
    return F.grid_sample(image, grid, align_corners=False)
# --8<-- [end:warp_by_rows_first]
