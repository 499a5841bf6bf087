"""The figure of InfoNCE: which views are candidates and targets."""

import torch

INPUT = torch.tensor(4)


def panels(pairs: torch.Tensor) -> list[dict[str, object]]:
    """Show the candidates of 2N views, of N = `pairs` samples."""
    n = 2 * int(pairs)
    itself = torch.eye(n, dtype=torch.bool)
    other = itself.roll(n // 2, dims=1)
    return [
        {
            "title": title,
            "mask": mask,
            "wanted": ~itself,
            "mark": target,
            "across": "candidate",
            "down": "view",
            "names": {"kept": "candidate", "leaks": "itself",
                      "hidden": "masked",
                      "mark": "the target"},
            "says": says,
        }
        for title, mask, target, says in (
            ("target arange, no mask", itself | True, itself,
             f"finds itself in {itself.sum()} rows"),
            ("target roll, masked", ~itself, other,
             f"has {int((~itself)[0].sum())} candidates"),
        )
    ]
