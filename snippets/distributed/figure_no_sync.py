"""The figure of accumulation: how often the ranks wait and average."""

import torch

INPUT = torch.tensor(4)
FORWARD, BACKWARD, AVERAGE = 2, 3, 2


def panels(parts: torch.Tensor) -> list[dict[str, object]]:
    """Run a step of `parts` parts; a forward outside will average."""
    n = int(parts)
    lanes, ends = {}, []
    for title, outside in (("backward alone", range(n)),
                           ("all but the last", range(n - 1, n))):
        now, bars = 0, []
        for part in range(n):
            for what, cost in enumerate((FORWARD, BACKWARD, AVERAGE)):
                if what < 2 or part in outside:
                    bars.append([now, now + cost, what])
                    now += cost
        lanes[title] = torch.tensor(bars)
        ends.append(now)
    return [{
        "title": "a step, with no_sync around",
        "lanes": lanes,
        "does": ["forward", "backward", "average"],
        "unit": "time",
        "says": [f"averages {(bars[:, 2] == 2).sum()} times"
                 for bars in lanes.values() if len(bars) > 2 * n + 1]
        + [f"ends at {ends[1]} instead of {ends[0]}"],
    }]
