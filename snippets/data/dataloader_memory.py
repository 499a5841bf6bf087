"""What the workers of a DataLoader copy of its dataset."""

import gc
import mmap
import pickle
import resource
import types
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from snippets.guards.judge import Undecided


# --8<-- [start:packed]
class Packed(Sequence[Any]):
    """Items of any kind in one buffer, each made anew when it
    is read.

    What can be pickled can be an item; `clone` a view of a
    tensor, as pickle writes all that it views. Workers, forked
    or spawned, share the buffer.

    Source: https://github.com/pytorch/pytorch/issues/13246

    >>> items = Packed([{"path": "a.jpg", "label": 3}, None])
    >>> items[0], items[-1]
    ({'path': 'a.jpg', 'label': 3}, None)
    """

    def __init__(self, items: Iterable[Any]) -> None:
        """Pickle each of `items`, one by one."""
        buffer, ends = bytearray(), [0]
        for item in items:
            buffer += pickle.dumps(item)
            ends.append(len(buffer))
        self.buffer = torch.from_numpy(
            np.frombuffer(buffer, np.uint8))
        self.ends = torch.from_numpy(np.array(ends))

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.ends) - 1

    def __getitem__(self, index: Any) -> Any:
        """Return a new copy of item `index`, or a list for a
        slice."""
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        index = range(len(self))[index]
        start, end = self.ends.numpy()[index:index + 2]
        return pickle.loads(
            self.buffer.numpy()[start:end].tobytes())
# --8<-- [end:packed]


# --8<-- [start:megabytes_copied]
def megabytes_copied(
    items: Sequence[Iterable[Any]], passes: int = 1
) -> list[float]:
    """Return what a worker copies when it reads all items, by
    pass.

    The worker is forked, and counts its page faults: each is a
    page of memory that it had to be given, or of a file or
    shared memory that it first meets. Its garbage collector,
    which also writes to objects, is off. For Linux and macOS.

    Source: https://docs.python.org/3/library/resource.html
    """
    class Passes(Dataset[float]):
        def __len__(self) -> int:
            return passes

        def __getitem__(self, index: int) -> float:
            gc.disable()
            before = resource.getrusage(
                resource.RUSAGE_SELF).ru_minflt
            for i in range(len(items)):
                list(items[i])
            after = resource.getrusage(
                resource.RUSAGE_SELF).ru_minflt
            return (after - before) * mmap.PAGESIZE / 1e6

    with torch.device("cpu"), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return list(DataLoader(
            Passes(), batch_size=None, num_workers=1,
            multiprocessing_context="fork"))
# --8<-- [end:megabytes_copied]


# --8<-- [start:assert_few_objects]
def assert_few_objects(dataset: Any,
                       limit: int = 10_000) -> None:
    """Fail where an attribute of a dataset holds too many
    objects.

    Arrays of objects count with their elements, functions with
    what they close over, their defaults and attributes.
    Globals and attributes of a class do not count.

    Raises:
        AssertionError: names the attribute.
        TypeError: the dataset has no attributes, like a plain
            list.
        Undecided: the dataset has a length of `limit` or less.
    Source: https://docs.python.org/3/library/gc.html
    """
    for name, value in vars(dataset).items():
        seen: set[int] = set()
        found = [value]
        while found:
            item = found.pop()
            if id(item) in seen or isinstance(
                    item, (type, types.ModuleType)):
                continue
            seen.add(id(item))
            assert len(seen) <= limit, (
                f"{name} holds more than {limit} Python objects, and "
                "each worker makes a copy of what it reads: pack them")
            if isinstance(item, types.FunctionType):
                found += [item.__closure__, item.__defaults__,
                          item.__kwdefaults__, item.__dict__]
            else:
                found += gc.get_referents(item)
            if isinstance(item,
                          np.ndarray) and item.dtype.hasobject:
                found += item.ravel().tolist()
    if hasattr(dataset, "__len__") and len(dataset) <= limit:
        raise Undecided(
            f"a list of {len(dataset)} items is below "
            f"the limit of {limit}: lower it")
# --8<-- [end:assert_few_objects]
