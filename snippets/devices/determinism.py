"""A run that repeats: seeds, and algorithms that keep their order."""

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.utils._pytree import tree_leaves


# --8<-- [start:reproducible]
@contextlib.contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """Seed the generators, and let no operation vary its order.

    All is as before at the end. NumPy's generators stay as they are.

    Source: https://docs.pytorch.org/docs/stable/notes/randomness.html

    >>> with reproducible(0):
    ...     torch.are_deterministic_algorithms_enabled()
    True
    """
    mode = torch.get_deterministic_debug_mode()
    benchmark = torch.backends.cudnn.benchmark
    state = random.getstate()
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        random.seed(seed)
        torch.use_deterministic_algorithms(True)
        torch.backends.cudnn.benchmark = False
        try:
            yield
        finally:
            random.setstate(state)
            torch.set_deterministic_debug_mode(mode)
            torch.backends.cudnn.benchmark = benchmark
# --8<-- [end:reproducible]


# --8<-- [start:assert_repeats]
def assert_repeats(run: Callable[[], Any], seed: int = 0) -> None:
    """Check that two runs from one seed are equal to the last bit.

    `run` makes its model and data anew, and returns tensors or
    numbers, in lists or dictionaries as it likes.

    Raises: AssertionError with the first output that differs.
    Source: https://docs.pytorch.org/docs/stable/notes/randomness.html
    """
    def outputs() -> list[torch.Tensor]:
        with reproducible(seed):
            return [torch.as_tensor(x).detach().clone()
                    for x in tree_leaves(run())]

    for place, (a, b) in enumerate(
            zip(outputs(), outputs(), strict=True)):
        same = (a == b) | ((a != a) & (b != b))
        assert same.all(), (
            f"output {place} is another in the second run from seed "
            f"{seed}: a generator of its own, or state that is kept "
            "from the first run")
# --8<-- [end:assert_repeats]
