"""The figure of accumulation: which step uses which batch."""

import torch

INPUT = torch.tensor([5, 2])
OTHER = torch.tensor([7, 2])


def panels(sizes: torch.Tensor) -> list[dict[str, object]]:
    """Number the steps of two epochs, `sizes` = batches, window."""
    batches, window = sizes.tolist()
    found: list[dict[str, object]] = []
    for title, tail in (("a step after each full window", False),
                        ("and one at the last batch", True)):
        lanes, step = {}, 1
        used: dict[int, list[int]] = {}
        for epoch in (1, 2):
            bars = []
            for i in range(batches):
                bars.append([i, i + 1, step])
                used.setdefault(step, []).append(epoch)
                if (i + 1) % window == 0 or (
                        tail and i + 1 == batches):
                    step += 1
            lanes[f"epoch {epoch}"] = torch.tensor(bars)
        mixed = [n for n, epochs in used.items()
                 if len(set(epochs)) > 1]
        found.append({
            "title": title,
            "lanes": lanes,
            "unit": "batch",
            "says": (
                f"Step {mixed[0]} uses {len(used[mixed[0]])} "
                "batches of both epochs"
                if mixed else f"two epochs take {step - 1} steps"),
        })
    return found
