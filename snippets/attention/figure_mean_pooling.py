"""The figure of pooling: the mean of a sentence by padded length."""

import torch

from snippets.attention.mean_pooling import mean_of_kept
from snippets.attention.wrong_mean_pooling import (
    masked_sum_over_length,
    mean_over_padding,
)

INPUT = torch.tensor([2.0, 4.0])


def panels(sentence: torch.Tensor) -> list[dict[str, object]]:
    """Pool `sentence` (L,) with more and more padding of 9 behind."""
    tokens = len(sentence)
    lengths = torch.arange(tokens, 17)
    ways = {
        "mean_of_kept": mean_of_kept,
        "mean over padding": mean_over_padding,
        "sum / padded length": masked_sum_over_length,
    }
    curves = {}
    for name, pool in ways.items():
        means = []
        for length in lengths.tolist():
            x = torch.full((1, length, 1), 9.0)
            x[0, :tokens, 0] = sentence
            keep = torch.arange(length)[None] < tokens
            means.append(pool(x, keep).item())
        curves[name] = torch.tensor(means)
    last = {name: f"{means[-1]:.1f}" for name, means in curves.items()}
    return [{
        "curves": curves,
        "x": lengths,
        "across": "padded length",
        "down": "mean",
        "says": [
            f"stays at {last['mean_of_kept']}",
            f"goes to {last['mean over padding']}",
            f"falls to {last['sum / padded length']}",
            f"at length {lengths[-1]}",
        ],
    }]
