"""The figure of causal diagonals: who sees a key one off."""

import torch

INPUT = torch.tensor(5)


def panels(length: torch.Tensor) -> list[dict[str, object]]:
    """Compare three masks of `length` tokens with the right one."""
    ones = torch.ones(int(length), int(length), dtype=torch.bool)
    right = ones.tril()
    later, itself = ones.tril(1), ones.tril(-1)
    return [
        {"title": title, "mask": mask, "wanted": right,
         "across": "key", "down": "query", "says": says}
        for title, mask, says in (
            ("tril(1)", later,
             f"tril(1) leaks {(later & ~right).sum()} later keys"),
            ("tril(-1)", itself,
             f"tril(-1) loses the {(right & ~itself).sum()} cells"),
            ("tril() in the layer, where True hides", ~right,
             f"loses the {right.sum()} cells"),
        )
    ]
