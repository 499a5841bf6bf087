"""The figure of copied generators: which items have equal noise."""

import copy

import torch

from snippets.data.numpy_generator_in_workers import NoisyImages
from snippets.data.wrong_numpy_generator_in_workers import OneGenerator

INPUT = torch.tensor(4)


def panels(items: torch.Tensor) -> list[dict[str, object]]:
    """Load `items` items in two epochs, by copies as workers are."""
    found: list[dict[str, object]] = []
    for kind, title in (
            (OneGenerator, "one generator, copied"),
            (NoisyImages, "a generator of each worker")):
        dataset = kind([0.0] * int(items))
        noise = []
        for epoch in range(2):
            workers = [copy.deepcopy(dataset) for _ in range(2)]
            drawn = [0.0] * int(items)
            for index in range(int(items)):
                with torch.random.fork_rng(devices=[]):
                    torch.manual_seed(10 * epoch + index % 2)
                    drawn[index] = float(workers[index % 2][index])
            noise.append(drawn)
        values = noise[0] + noise[1]
        first = torch.tensor([values.index(v) for v in values])
        _, which, count = first.view(2, -1).unique(
            return_inverse=True, return_counts=True)
        found.append({
            "title": title,
            "grid": which,
            "colour": torch.where(count[which] > 1, which, -1),
            "across": [f"w{index % 2}" for index in range(int(items))],
            "down": ["epoch 0", "epoch 1"],
            "says": f"{len(count)} different",
        })
    return found
