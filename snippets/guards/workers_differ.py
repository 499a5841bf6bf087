"""A guard for augmentations: workers and epochs draw other numbers."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset

from snippets.guards.judge import Undecided


# --8<-- [start:workers_and_epochs_differ]
def workers_and_epochs_differ(
        dataset: Dataset[Any], *,
        part: Callable[[Any], Any] = lambda item: item,
        worker_init_fn: Callable[[int], None] | None = None,
        persistent_workers: bool = False,
        items: int = 64) -> None:
    """Check that workers and epochs do not repeat random
    numbers.

    The first `items` of `dataset` are loaded by two workers,
    with the options that you give to your DataLoader. `part`
    takes what is random out of an item: a tensor, an array, an
    image of PIL, or a number, or tuples, lists and dicts of
    them. Before each epoch calls `dataset.set_epoch(epoch)`,
    where there is one. The workers are forks.

    Raises:
        AssertionError: workers give samples the same numbers
            as other workers do, or an epoch those of the epoch
            before.
        Undecided: there are fewer than four items, or no
            numbers in them; nothing is random, or it may
            repeat by chance; the dataset is iterable.
    """
    def key(x: Any) -> Any:
        if isinstance(x, (tuple, list)):
            return [key(each) for each in x]
        if isinstance(x, Mapping):
            return [(name, key(each)) for name, each in x.items()]
        if isinstance(x, torch.Tensor):
            x = None if x.is_meta else x.detach().to_dense()
        for method in ("tolist", "tobytes"):
            if hasattr(x, method):
                return repr(getattr(x, method)())
        if not isinstance(x, (int, float, complex)):
            raise Undecided(
                "let part give tensors, arrays or numbers")
        return repr(x)


    def load(order: list[int], *epochs:
             int) -> list[list[Any]]:
        """Return for each epoch a key for each item, by its
        index."""
        keys = []
        # the workers make seeds of it
        torch.manual_seed(epochs[0])
        with torch.device("cpu"):
            loader: DataLoader[Any] = DataLoader(
                dataset, batch_size=None, sampler=order,
                num_workers=2, multiprocessing_context="fork",
                collate_fn=lambda item: item,
                worker_init_fn=worker_init_fn,
                persistent_workers=persistent_workers)
            for epoch in epochs:
                if hasattr(dataset, "set_epoch"):
                    dataset.set_epoch(epoch)
                found = dict(
                    zip(order, map(part, loader), strict=True))
                keys.append([
                    key(found[i]) for i in sorted(order)])
        return keys

    def alike(a: list[Any], b: list[Any]) -> float:
        pairs = zip(a, b, strict=True)
        return sum(int(x == y) for x, y in pairs) / len(a)

    if isinstance(dataset, IterableDataset):
        raise Undecided(
            "give a dataset with __getitem__ and __len__")
    count = min(len(dataset), items) // 4 * 4  # type: ignore[arg-type]
    if count < 4:
        raise Undecided("give four items or more")
    order = list(range(count))
    before = dict(getattr(dataset, "__dict__", {}))
    try:
        with (torch.random.fork_rng(
                range(torch.cuda.device_count())),
              warnings.catch_warnings()):
            warnings.simplefilter("ignore", DeprecationWarning)
            first, second = load(order, 0, 1)
            # each item by the other worker, as the same draw
            # of it
            other, = load([i ^ 1 for i in order], 0)
            # each item by the same worker, as a later draw of
            # it
            later, = load(order[2:] + order[:2], 0)
            new, = load(order, 1)
    finally:
        getattr(dataset, "__dict__", {}).update(before)
    runs = [
        alike(first, run)
        for run in (second, other, later, new)]
    if min(runs) == 1:
        raise Undecided(
            "items are the same in each run: nothing is "
            "random, or it follows the index alone")
    if min(runs) ** count > 1e-6:
        raise Undecided(
            "items may be equal by chance: give more items,"
            " or let part give more of what is random")
    assert not runs[1] == 1 > runs[2], (
        "workers repeat each other: a generator made before they start,"
        " or one seed for all")
    assert runs[0] < 1, (
        "an epoch repeats the one before: workers start from the same "
        "generator or seed again, keep old items, or miss set_epoch")
# --8<-- [end:workers_and_epochs_differ]
