"""The figure of perplexity: an average over batches, by their size."""

import torch

INPUT = torch.tensor([10, 2])
OTHER = torch.tensor([8, 4])


def panels(counts: torch.Tensor) -> list[dict[str, object]]:
    """Average over batches of `counts` tokens of loss 1 and 4."""
    losses = torch.tensor([1.0, 4.0]).repeat_interleave(counts)
    sizes = [n for n in range(1, 13) if 12 % n == 0]

    def perplexity(size: int) -> torch.Tensor:
        means = losses.view(-1, size).mean(1)
        return means.exp().mean()

    found = torch.stack([perplexity(size) for size in sizes])
    right = losses.mean().exp()
    return [
        {
            "title": "twelve tokens, cut into batches",
            "curves": {"mean of the batches": found,
                       "of all tokens": right.expand(len(sizes))},
            "x": torch.tensor(sizes),
            "across": "tokens in a batch",
            "down": "perplexity",
            "says": [
                f"from {found[-1]:.2f} for one batch to "
                f"{found[0]:.2f} for batches of one token",
                f"is {right:.2f} for each size",
            ],
        },
    ]
