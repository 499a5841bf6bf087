"""Rotary embeddings in two layouts, and the way from one to the other."""

from collections.abc import Callable

import torch

from snippets.guards.judge import Undecided


# --8<-- [start:rotary_angles]
def rotary_angles(
        positions: torch.Tensor, d: int,
        base: float = 10000.0) -> torch.Tensor:
    """Return the angle of each of d/2 pairs: (L, d/2),
    float64.

    `positions` (L) are places in the text, cached tokens
    included, on a device that has float64 (MPS has not).

    Source: https://arxiv.org/abs/2104.09864
    """
    pair = torch.arange(
        0, d, 2, dtype=torch.float64, device=positions.device)
    return positions[:, None] * base ** (-pair / d)
# --8<-- [end:rotary_angles]


# --8<-- [start:rotate_neighbours]
def rotate_neighbours(
        x: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    """Rotate features (2j, 2j + 1) of x (..., L, d) by angles
    (L, d/2).

    Raises: TypeError where `x` is not of a floating dtype;
    ValueError where d is odd, or the angles are not d/2.
    Source: https://arxiv.org/abs/2104.09864
    """
    if not x.is_floating_point():
        raise TypeError(f"x is {x.dtype}, not floating")
    if x.shape[-1] != 2 * angles.shape[-1]:
        raise ValueError("d features need d/2 angles")
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x[..., 0::2], x[..., 1::2]
    pairs = (a * cos - b * sin, a * sin + b * cos)
    return torch.stack(pairs, dim=-1).flatten(-2)
# --8<-- [end:rotate_neighbours]


# --8<-- [start:rotate_halves]
def rotate_halves(
        x: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    """Rotate features (j, j + d/2) of x (..., L, d) by angles
    (L, d/2).

    Raises: TypeError where `x` is not of a floating dtype;
    ValueError where d is odd, or the angles are not d/2.
    Source: https://github.com/huggingface/transformers/issues/25199
    """
    if not x.is_floating_point():
        raise TypeError(f"x is {x.dtype}, not floating")
    if x.shape[-1] != 2 * angles.shape[-1]:
        raise ValueError("d features need d/2 angles")
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, a * sin + b * cos),
                     dim=-1)
# --8<-- [end:rotate_halves]


# --8<-- [start:neighbours_to_halves]
def neighbours_to_halves(
        num_heads: int, d: int) -> torch.Tensor:
    """Return (num_heads * d) rows: `weight[rows]` fits
    rotate_halves.

    `weight` projects to queries or keys for
    `rotate_neighbours`, the features of a head side by side,
    and all d of them rotate. `weight[rows.argsort()]` goes
    back.

    Raises: ValueError where d is odd.
    Source: https://github.com/huggingface/transformers/blob/main/src/transformers/models/llama/convert_llama_weights_to_hf.py

    >>> neighbours_to_halves(1, 6).tolist()
    [0, 2, 4, 1, 3, 5]
    """
    if d % 2:
        raise ValueError(f"{d} features are no pairs")
    rows = torch.arange(num_heads * d).view(
        num_heads, d // 2, 2)
    return rows.transpose(1, 2).reshape(-1)
# --8<-- [end:neighbours_to_halves]


# --8<-- [start:assert_scores_by_distance]
def assert_scores_by_distance(
        rotate_q: Callable[[torch.Tensor, torch.Tensor],
                           torch.Tensor],
        rotate_k: Callable[[torch.Tensor, torch.Tensor],
                           torch.Tensor], d: int) -> None:
    """Fail unless q·k after rotation depends on distance
    alone.

    Both take x (L, d) of float32 and its positions (L), and
    give float32 or float64.

    Raises:
        AssertionError: names the positions that disagree.
        Undecided: the scores are one number at each distance,
            or are of a dtype that rounds too much.
    Source: https://arxiv.org/abs/2104.09864
    """
    q, k = torch.linspace(-1, 1, 2 * d).view(2, 1, d).unbind()
    places = [(3, 0), (7, 2), (5, 5)]
    scores = torch.stack([
        (rotate_q(q, torch.tensor([i + shift]))
         * rotate_k(k, torch.tensor([j + shift]))).sum()
        for i, j in places for shift in (0, 11)]).view(3, 2)
    if scores.dtype not in (torch.float32, torch.float64):
        raise Undecided(f"{scores.dtype} rounds too much")
    scores = scores.double()
    near = 1e-4 * scores.abs().max()
    for (i, j), (here, there) in zip(places, scores,
                                     strict=True):
        assert (here - there).abs() <= near, (
            f"query {i} and key {j} score {here.item():.2f}, "
            f"11 places on {there.item():.2f}: two layouts mixed?")
    if (scores - scores[0]).abs().max() <= near:
        raise Undecided(
            "the scores do not change with the distance")
# --8<-- [end:assert_scores_by_distance]
