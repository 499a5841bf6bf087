"""The figure of split heads: where the numbers of each token go."""

import torch

from snippets.attention.wrong_split_heads import split_heads_by_view

INPUT = torch.tensor(
    [[[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 23]]])


def panels(x: torch.Tensor) -> list[dict[str, object]]:
    """Colour the tokens of `x` (1, 3, 4), and split them both ways."""
    token = torch.arange(3)[:, None].expand(3, 4)[None]

    def right(t: torch.Tensor) -> torch.Tensor:
        return t.view(1, 3, 2, 2).transpose(1, 2)[0]

    def wrong(t: torch.Tensor) -> torch.Tensor:
        return split_heads_by_view(t, 2)[0]

    def first(heads: torch.Tensor) -> str:
        return ", ".join(f"{a} {b}" for a, b in heads[0].tolist())

    return [
        {
            "title": "x",
            "grid": x[0],
            "colour": token[0],
            "down": "token",
        },
        {
            "title": "permuted: head 0, head 1",
            "grid": right(x),
            "colour": right(token.contiguous()),
            "down": "position",
            "says": f"the first head holds {first(right(x))}",
        },
        {
            "title": "viewed: head 0, head 1",
            "grid": wrong(x),
            "colour": wrong(token.contiguous()),
            "down": "position",
            "says": f"it holds {first(wrong(x))}",
        },
    ]
