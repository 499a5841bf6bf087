"""The figure of repeat or interleave: who gets which key head."""

import torch

INPUT = torch.arange(2)


def panels(keys: torch.Tensor) -> list[dict[str, object]]:
    """Give the two heads of `keys` to six query heads, both ways."""
    queries = [f"q{n}" for n in range(6)]

    def beside(x: torch.Tensor) -> torch.Tensor:
        return x.repeat_interleave(3)

    def in_turn(x: torch.Tensor) -> torch.Tensor:
        return x.repeat(3)

    found: list[dict[str, object]] = []
    for copy, title in (
            (beside, "repeat_interleave(3)"), (in_turn, "repeat(3)")):
        found.append({
            "title": title,
            "grid": copy(keys),
            "colour": copy(torch.arange(2)),
            "across": queries,
            "says": " ".join(map(str, copy(keys).tolist())),
        })
    return found
