"""Which samples each rank gets in each epoch."""

from typing import Any

from torch.utils.data import DataLoader, DistributedSampler

from snippets.distributed.gradient_averaging import run_ranks
from snippets.guards.judge import Undecided


# --8<-- [start:epochs_of_two_ranks]
def epochs_of_two_ranks(
        samples: int, epochs: int, call_set_epoch: bool
) -> list[list[list[int]]]:
    """Return what two processes load of `samples`, as
    [rank][epoch].

    Source: https://docs.pytorch.org/docs/stable/data.html
    """

    def load(rank: int, samples: int, epochs: int,
             call: bool) -> Any:
        dataset: Any = range(samples)
        sampler: Any = DistributedSampler(
            dataset, shuffle=True)
        loader: Any = DataLoader(
            dataset, batch_size=2, sampler=sampler,
            collate_fn=list)
        loaded = []
        for epoch in range(epochs):
            if call:
                sampler.set_epoch(epoch)
            loaded.append([
                i for batch in loader for i in batch])
        return loaded

    return run_ranks(load, samples, epochs, call_set_epoch)
# --8<-- [end:epochs_of_two_ranks]


# --8<-- [start:assert_epochs_differ]
def assert_epochs_differ(epochs: list[list[int]]) -> None:
    """Fail where two epochs of a rank are in one order.

    `epochs` holds what a rank loaded: for each epoch the
    indices, in order. Give 20 samples or more, so that no two
    agree by chance.

    Raises:
        AssertionError: names two epochs in one order.
        Undecided: there is one epoch, or one sample, or none.

    Source: https://docs.pytorch.org/docs/stable/data.html
    """
    orders = [tuple(map(int, indices)) for indices in epochs]
    if len(orders) < 2 or any(
            len(set(order)) < 2 for order in orders):
        raise Undecided(
            "give two epochs or more, of several samples")
    first_with: dict[tuple[int, ...], int] = {}
    for epoch, order in enumerate(orders):
        before = first_with.setdefault(order, epoch)
        assert before == epoch, (
            f"epoch {epoch} has the order of epoch {before}: call "
            "sampler.set_epoch(epoch) before each epoch")
# --8<-- [end:assert_epochs_differ]
