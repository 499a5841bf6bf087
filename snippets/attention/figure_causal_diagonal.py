"""The figure of causal diagonals: who sees a key one off."""

import torch

INPUT = torch.tensor(5)


def panels(length: torch.Tensor) -> list[dict[str, object]]:
    """Compare three masks of `length` tokens with the right one."""
    ones = torch.ones(int(length), int(length), dtype=torch.bool)
    right = ones.tril()

    def panel(
            title: str, mask: torch.Tensor, says: str,
    ) -> dict[str, object]:
        return {
            "title": title,
            "mask": mask,
            "wanted": right,
            "across": "key",
            "down": "query",
            "says": says,
        }

    later, itself = ones.tril(1), ones.tril(-1)
    return [
        panel("tril(1)", later,
              f"tril(1) leaks {(later & ~right).sum()} later keys"),
        panel("tril(-1)", itself,
              f"tril(-1) loses the {(right & ~itself).sum()} cells"),
        panel("tril() in the layer, where True hides", ~right,
              f"loses the {right.sum()} cells"),
    ]
