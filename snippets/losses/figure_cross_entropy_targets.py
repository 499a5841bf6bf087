"""The figure of the class axis: what one token's loss reads."""

import torch
import torch.nn.functional as F

INPUT = torch.tensor([0, 1])
OTHER = torch.tensor([0, 2])


def panels(cell: torch.Tensor) -> list[dict[str, object]]:
    """Show from which logits (1, T, C) the loss `cell` comes."""
    torch.manual_seed(0)
    logits = torch.randn(1, 4, 4, dtype=torch.float64)
    target = torch.zeros(1, 4, dtype=torch.long)

    def loss(x: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(x, target, reduction="none")

    token = int(cell[1])
    return [
        {
            "title": title,
            "reads": function,
            "input": logits,
            "cell": cell.tolist(),
            "across": "class",
            "down": "token",
            "says": says,
        }
        for title, function, says in (
            ("logits as they are", loss, f"class {token}"),
            ("logits.transpose(1, 2)",
             lambda x: loss(x.transpose(1, 2)),
             f"The loss of token {token}"),
        )
    ]
