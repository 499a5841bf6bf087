"""Names that keep more memory than they seem to."""

from collections.abc import Callable, Iterable

import torch


# --8<-- [start:first_rows_as_views]
def first_rows_as_views(
    batches: Iterable[torch.Tensor]
) -> list[torch.Tensor]:
    """Return the first row of each batch (N, ...), and hold
    them all."""
    return [batch[:1] for batch in batches]
# --8<-- [end:first_rows_as_views]


# --8<-- [start:halves_in_the_handler]
def halves_in_the_handler(
        run: Callable[[torch.Tensor], torch.Tensor],
        batch: torch.Tensor) -> torch.Tensor:
    """Try halves of `batch` (N, ...) while the failed try is
    held."""
    try:
        return run(batch)
    except torch.OutOfMemoryError:
        return torch.cat([
            halves_in_the_handler(run, half)
            for half in batch.chunk(2)])
# --8<-- [end:halves_in_the_handler]
