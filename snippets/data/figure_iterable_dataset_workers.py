"""The figure of a stream with workers: which sample comes from whom."""

import torch

INPUT = torch.tensor([2, 6])


def panels(sizes: torch.Tensor) -> list[dict[str, object]]:
    """Read a stream; `sizes` counts the workers and the samples."""
    workers, samples = sizes.tolist()

    def panel(
            title: str, streams: list[range], what: str,
    ) -> dict[str, object]:
        lanes = {
            f"worker {number}": torch.tensor(
                [[i, i + 1, sample] for i, sample in enumerate(stream)])
            for number, stream in enumerate(streams)}
        count = sum(map(len, streams))
        return {
            "title": title,
            "lanes": lanes,
            "unit": "samples read",
            "says": f"{what} {count} samples",
        }

    return [
        panel("each worker runs the whole stream",
              [range(samples)] * workers, "the epoch has"),
        panel("each worker takes its part",
              [range(number, samples, workers)
               for number in range(workers)], "it has"),
    ]
