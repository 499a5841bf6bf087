"""A count that loses all but one of the occurrences."""

import torch


# --8<-- [start:count_by_assignment]
def count_by_assignment(classes: torch.Tensor,
                        num_classes: int) -> torch.Tensor:
    """Return 1 for each class in `classes` (N,), not its
    count."""
    counts = torch.zeros(num_classes, dtype=torch.int64)
    counts[classes] += 1
    return counts
# --8<-- [end:count_by_assignment]
