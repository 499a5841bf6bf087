"""The figure of left padding under a causal mask: rows without keys."""

import torch

INPUT = torch.tensor([4, 2])
OTHER = torch.tensor([5, 3])


def panels(sizes: torch.Tensor) -> list[dict[str, object]]:
    """Mask `sizes[0]` tokens, of which the first are padding."""
    n, padding = sizes.tolist()
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    token = (torch.arange(n) >= padding).expand(n, n)
    keep = causal & token
    empty = ~keep.any(1)
    return [
        {"title": title, "mask": mask, "across": "key",
         "down": "query", "says": says}
        for title, mask, says in (
            ("causal", causal, []),
            ("not padding", token, f"{padding} tokens are padding"),
            ("both", keep, f"{empty.sum()} rows keep no key"),
        )
    ]
