"""A run that repeats: seeds, and algorithms that keep their order."""

import contextlib
import random
from collections.abc import Callable, Iterator
from numbers import Number
from typing import Any

import torch
from torch.utils._pytree import tree_leaves

from snippets.guards.judge import Undecided


# --8<-- [start:reproducible]
@contextlib.contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """Seed torch and `random`, and fix the order of
    operations.

    An operation of torch without a fixed order raises. At the
    end, the settings and the generators of torch
    (CPU and CUDA) and of `random` are as before. It leaves
    NumPy's alone.

    Source: https://docs.pytorch.org/docs/stable/notes/randomness.html

    >>> with reproducible(0):
    ...     torch.are_deterministic_algorithms_enabled()
    True
    """
    mode = torch.get_deterministic_debug_mode()
    benchmark = torch.backends.cudnn.benchmark
    state = random.getstate()
    with torch.random.fork_rng(
            range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        random.seed(seed)
        torch.use_deterministic_algorithms(True)
        torch.backends.cudnn.benchmark = False
        try:
            yield
        finally:
            random.setstate(state)
            torch.use_deterministic_algorithms(
                mode > 0, warn_only=mode == 1)
            torch.backends.cudnn.benchmark = benchmark
# --8<-- [end:reproducible]


# --8<-- [start:assert_repeats]
def assert_repeats(run: Callable[[], Any],
                   seed: int = 0) -> None:
    """Check that two runs from one seed give the same numbers.

    `run` makes its model and data anew, and returns tensors or
    numbers, in lists or dictionaries as it likes. A nan equals
    a nan.

    Raises:
        AssertionError: an output differs; names the first.
        TypeError: an output is neither a tensor nor a number.
        RuntimeError: `run` uses an operation without a fixed
            order.
        Undecided: there is no output, or one is on meta.

    Source: https://docs.pytorch.org/docs/stable/notes/randomness.html
    """
    def outputs() -> list[Any]:
        found, kinds = [], torch.Tensor | Number
        with reproducible(seed):
            for x in tree_leaves(run()):
                if not isinstance(x, kinds):
                    raise TypeError(
                        f"{type(x).__name__} is no number")
                if isinstance(x, torch.Tensor):
                    x = x.detach().to_dense().clone()
                    if x.is_meta:
                        raise Undecided("an output is on meta")
                found.append(x)
        return found

    first, second = outputs(), outputs()
    if not first:
        raise Undecided("the run returns nothing to compare")
    assert len(first) == len(second), (
        f"{len(first)} outputs in the first run from seed {seed}, and "
        f"{len(second)} in the second")
    for place, (a, b) in enumerate(
            zip(first, second, strict=True)):
        if all(isinstance(x, torch.Tensor) for x in (a, b)):
            same = (a.shape,
                    a.dtype) == (b.shape, b.dtype) and bool(
                        ((a == b) | ((a != a) &
                                     (b != b))).all())
        else:
            same = type(a) is type(b) and (
                a == b or (a != a and b != b))
        assert same, (
            f"output {place} is another in the second run from seed "
            f"{seed}: a generator of its own, or state that is kept "
            "from the first run")
# --8<-- [end:assert_repeats]
