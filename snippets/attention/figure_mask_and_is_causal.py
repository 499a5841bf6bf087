"""The figure of two masks at once: what is left of the keys."""

import torch

INPUT = torch.tensor([3, 5])


def panels(sizes: torch.Tensor) -> list[dict[str, object]]:
    """Combine masks; `sizes` counts the kept keys and all of them."""
    kept, length = sizes.tolist()
    keep = (torch.arange(length) < kept).expand(length, length)
    causal = torch.ones(length, length, dtype=torch.bool).tril()
    both = keep & causal
    return [
        {"title": title, "mask": mask, "wanted": both,
         "across": "key", "down": "query", "says": says}
        for title, mask, says in (
            ("attn_mask=keep", keep,
             f"leaks {(keep & ~both).sum()} later keys"),
            ("is_causal=True", causal,
             f"leaks {(causal & ~both).sum()} padded keys"),
            ("keep & tril()", both,
             f"keeps {both.sum()} cells"),
        )
    ]
