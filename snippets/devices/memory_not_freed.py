"""Who still holds the memory of a tensor."""

import gc
import weakref
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from snippets.guards.judge import Undecided


# --8<-- [start:watch]
def watch(x: torch.Tensor) -> Callable[[], bool]:
    """Return a function that tells whether the storage of `x`
    is held.

    `x` is of any shape; watching it does not keep it. A NumPy
    array that `x` was made from may live longer than the
    storage.

    Raises: NotImplementedError where `x` has no storage, as if
    sparse.
    Source: https://docs.pytorch.org/docs/stable/storage.html

    >>> x = torch.zeros(4)
    >>> held, view = watch(x), x[:1]
    >>> del x
    >>> before = held()
    >>> del view
    >>> before, held()
    (True, False)
    """
    storage = weakref.ref(x.untyped_storage())
    return lambda: storage() is not None
# --8<-- [end:watch]


# --8<-- [start:first_rows]
def first_rows(
        batches: Iterable[torch.Tensor]) -> list[torch.Tensor]:
    """Return the first row (1, ...) of each batch (N, ...),
    alone.

    A row holds neither its batch nor a graph: no gradient
    flows.

    Source: https://docs.pytorch.org/docs/stable/tensor_view.html
    """
    return [batch[:1].detach().clone() for batch in batches]
# --8<-- [end:first_rows]


# --8<-- [start:run_in_halves]
def run_in_halves(run: Callable[[torch.Tensor], torch.Tensor],
                  batch: torch.Tensor) -> torch.Tensor:
    """Return `run(batch)`, halving `batch` (N, ...) as memory
    demands.

    `run` gives a row for each sample, whatever the others are.
    The halves run after the handler, when the error is gone.

    Raises: OutOfMemoryError where one sample, or none, is too
    many.
    Source: https://docs.pytorch.org/docs/stable/notes/faq.html
    """
    try:
        return run(batch)
    except torch.OutOfMemoryError:
        if len(batch) <= 1:
            raise
    return torch.cat(
        [run_in_halves(run, half) for half in batch.chunk(2)])
# --8<-- [end:run_in_halves]


# --8<-- [start:assert_frees]
def assert_frees(step: Callable[[], object]) -> None:
    """Fail where a second call of `step` leaves more than the
    first.

    Counts the memory of tensors that operations make in the
    two calls, also if only a graph holds them. It misses what
    `from_numpy` and `torch.load` make, and what `resize_`
    adds. What a step replaces, as gradients, is no leak, and
    neither is a view of older memory.

    Raises:
        AssertionError: names the operations that made the
            tensors.
        Undecided: the step makes no tensor.

    Source: https://docs.pytorch.org/docs/stable/notes/faq.html
    """
    made: list[tuple[Callable[[], Any], str]] = []

    class Record(TorchDispatchMode):
        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (),
            kwargs: Any = None,
        ) -> Any:
            result = func(*args, **(kwargs or {}))
            given = storages([args, kwargs])
            # the end of torch.tensor
            if "lift_fresh" in str(func):
                given = []
            made.extend((weakref.ref(each), str(func))
                        for each in storages(result) if all(
                            each is not old for old in given))
            return result

    def storages(tree: Any) -> list[Any]:
        found = []
        for x in tree_leaves(tree):
            if isinstance(x, torch.Tensor):
                parts = [x]
                if x.layout == torch.sparse_coo:
                    parts = [x._indices(), x._values()]
                elif x.layout in (torch.sparse_csr, torch.sparse_bsr):
                    parts = [
                        x.crow_indices(),
                        x.col_indices(),
                        x.values()]
                elif x.layout in (torch.sparse_csc, torch.sparse_bsc):
                    parts = [
                        x.ccol_indices(),
                        x.row_indices(),
                        x.values()]
                found += [
                    part.untyped_storage() for part in parts]
        return found

    record: Any = Record

    def held() -> dict[Callable[[], Any], tuple[int, str]]:
        with record():
            step()
        gc.collect()
        alive: dict[Callable[[], Any], tuple[int, str]] = {}
        for ref, name in made:
            storage = ref()
            if storage is not None:
                alive.setdefault(ref, (storage.nbytes(), name))
        return alive

    first, second = held(), held()
    if not made:
        raise Undecided("the step makes no tensor")
    more = (sum(size for size, _ in second.values())
            - sum(size for size, _ in first.values()))
    names = {
        second[key][1] for key in second.keys() - first.keys()}
    assert more <= 0, (
        f"the second call leaves {more} bytes more than the first, "
        f"made by {', '.join(sorted(names))}")
# --8<-- [end:assert_frees]
