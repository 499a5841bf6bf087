"""The figure of floating masks: the weights of equal scores."""

import torch
import torch.nn.functional as F

INPUT = torch.tensor(4)


def panels(length: torch.Tensor) -> list[dict[str, object]]:
    """Attend `length` tokens with equal scores under two masks."""
    n = int(length)
    ones = torch.ones(n, n).tril()
    x = torch.zeros(1, n, 1)
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    found: list[dict[str, object]] = []
    for title, mask in (("ones of a floating dtype", ones),
                        ("booleans", ones.bool())):
        weights = F.scaled_dot_product_attention(
            x, x, torch.eye(n)[None], attn_mask=mask)[0]
        percent = (100 * weights).round().int()
        found.append({
            "title": title,
            "grid": percent,
            "colour": torch.where(later & (percent > 0), 0, -1),
            "across": "key",
            "down": "query",
            "says": "the first query gives "
            f"{100 * weights[0, 1:].sum():.0f} per cent",
        })
    return found
